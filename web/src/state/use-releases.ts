// Keeps releases fresh while their view is open: a tick each second while the page is seen, news over the WebSocket.
import { useEffect } from 'preact/hooks';
import type { Releases } from './releases.js';
import { useStore } from './store.js';

const tickMs = 1000;

export function useReleases(releases: Releases, id: string | undefined): void {
  const desk = useStore(releases.store, state => state.desk);
  useEffect(() => {
    releases.look(id);
    void releases.tick();
  }, [releases, id]);
  useEffect(() => {
    const tick = () => {
      if (!document.hidden) void releases.tick();
    };
    const timer = setInterval(tick, tickMs);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [releases]);
  // A server without releases would refuse the subscription.
  useEffect(() => (desk === 'on' ? releases.listen() : undefined), [releases, desk]);
}
