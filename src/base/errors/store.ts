// Error codes of the room 'store'.

export const storeErrors = {};
