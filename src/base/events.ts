// Named channels on which rooms publish what happened; listeners need no import of the room. Nothing is built when nobody listens.
import diagnostics from 'node:diagnostics_channel';

export interface Channel<Message> {
  /** Builds and sends the message only if somebody listens. */
  publish(message: () => Message): void;
  /** Listens; returns the function that stops listening. */
  subscribe(listener: (message: Message) => void): () => void;
}

/** The channel `galerkin:<name>`, one per name and process. */
export function channel<Message>(name: string): Channel<Message> {
  const inner = diagnostics.channel(`galerkin:${name}`);
  return {
    publish(message) {
      if (inner.hasSubscribers) inner.publish(message());
    },
    subscribe(listener) {
      // Node types its channels' messages as unknown; the channel's name is what fixes their type.
      const onMessage = (message: unknown): void => listener(message as Message);
      inner.subscribe(onMessage);
      return () => {
        inner.unsubscribe(onMessage);
      };
    },
  };
}
