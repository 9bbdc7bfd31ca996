// Error codes of the room 'solve'.

export const solveErrors = {};
