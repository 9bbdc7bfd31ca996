// Error codes of the room 'cli'.

export const cliErrors = {};
