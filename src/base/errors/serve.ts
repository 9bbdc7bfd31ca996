// Error codes of the room 'serve'.

export const serveErrors = {};
