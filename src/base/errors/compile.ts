// Error codes of the room 'compile'.

export const compileErrors = {};
