// A property of one of the tracer's classes, replaced for a while.

export type Restore = () => void;

/** Replaces an own property; nothing where the tracer has none of that name. */
export function replaceProperty(target: object, name: string, descriptor: PropertyDescriptor): Restore {
  const original = Object.getOwnPropertyDescriptor(target, name);
  if (original === undefined) return () => undefined;
  Object.defineProperty(target, name, { ...original, ...descriptor });
  return () => {
    Object.defineProperty(target, name, original);
  };
}
