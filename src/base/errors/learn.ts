// Error codes of the room 'learn'.

export const learnErrors = {};
