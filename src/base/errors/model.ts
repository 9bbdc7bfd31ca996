// Error codes of the room 'model'.

export const modelErrors = {};
