// Which view the address names: the fields, all releases, or one release.
import { useEffect, useState } from 'preact/hooks';

export type Route = { readonly view: 'fields' } | { readonly view: 'releases'; readonly id: string | undefined };

export const releasesHash = '#/releases';
export const hashOf = (id: string): string => `${releasesHash}/${encodeURIComponent(id)}`;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** What is no address of ours shows the fields. */
export function routeOf(hash: string): Route {
  const [, view, id = ''] = /^#\/([^/]*)(?:\/([^/]*))?\/?$/.exec(hash) ?? [];
  return view === 'releases' ? { view, id: decoded(id) || undefined } : { view: 'fields' };
}

export function useRoute(): Route {
  const [route, go] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const follow = () => go(routeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}
