// Who decides what is served: the start, the folder as it changes, or clients.
export const controlModes = ['none', 'poll', 'explicit'] as const;
export type ControlMode = (typeof controlModes)[number];
