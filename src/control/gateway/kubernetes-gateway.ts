// All routes of a cluster as one YAML text of HTTPRoutes.
import { stringify } from 'yaml';
import type { Route } from '../../model/index.js';
import type { Lapse } from './expressed.js';
import type { GatewayLanguage } from './gateway-language.js';
import { type HttpRouteOptions, httpRoutes } from './http-route.js';
import type { HttpRouteDocument } from './http-route-document.js';

/** Documents as YAML, each begun by '---'. Texts that YAML would read as something else are quoted. */
export const httpRoutesYaml = (documents: readonly HttpRouteDocument[]): string =>
  documents.map(document => `---\n${stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 })}`).join('');

/** The Gateway API as a language of routes: for `kubectl apply -f <file>`. */
export function kubernetesGateway(options: HttpRouteOptions): GatewayLanguage {
  return {
    name: 'the Gateway API',
    express(routes: readonly Route[], generation: number) {
      const parts = routes.map(route => ({ model: route.model, ...httpRoutes(route, options) }));
      const lapses = new Map<string, readonly Lapse[]>(parts.map(part => [part.model, part.lapses]));
      const text = httpRoutesYaml(parts.flatMap(part => part.document));
      return { text: `# generation ${generation}\n${text}`, lapses };
    },
  };
}
