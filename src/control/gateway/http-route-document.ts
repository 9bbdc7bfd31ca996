// An HTTPRoute of the Kubernetes Gateway API as a plain object: the parts of it that routes need, its name and its labels.
import type { Route } from '../../model/index.js';
import { sha256 } from '../../store/index.js';

export interface Service {
  readonly name: string;
  readonly port: number;
  readonly namespace?: string;
}

/** A Gateway, or a Service in a mesh. */
export interface Parent {
  readonly name: string;
  readonly kind?: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface HeaderMatch {
  readonly type: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

export interface RequestMirror {
  readonly type: 'RequestMirror';
  readonly requestMirror: {
    readonly backendRef: Service;
    readonly fraction: { readonly numerator: number; readonly denominator: number };
  };
}

export interface HttpRouteRule {
  readonly matches: readonly {
    readonly path?: { readonly type: 'PathPrefix'; readonly value: string };
    readonly headers?: readonly HeaderMatch[];
  }[];
  readonly filters?: readonly RequestMirror[];
  readonly backendRefs: readonly (Service & { readonly weight: number; readonly filters?: readonly RequestMirror[] })[];
}

export interface HttpRouteDocument {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'HTTPRoute';
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly parentRefs: readonly Parent[]; readonly rules: readonly HttpRouteRule[] };
}

/** A name of Kubernetes for a model: as it is where that is one, else with a part of its digest, so that no two become the same. */
export function objectName(model: string): string {
  const plain = model
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  if (plain === model) return `galerkin-${plain}`;
  return `galerkin-${[plain.replace(/-+$/, ''), sha256(model).slice('sha256:'.length, 'sha256:'.length + 10)].filter(part => part !== '').join('-')}`;
}

interface DocumentParts {
  readonly suffix: string;
  readonly rules: readonly HttpRouteRule[];
  readonly parents: readonly Parent[];
  readonly namespace?: string;
}

/** The object, its members in the order in which people write them. */
export function routeDocument(
  { model, fence }: Route,
  { suffix, rules, parents, namespace }: DocumentParts,
): HttpRouteDocument {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: {
      name: `${objectName(model)}${suffix}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { 'app.kubernetes.io/managed-by': 'galerkin' },
      annotations: {
        'galerkin/model': model,
        'galerkin/term': String(fence.term),
        'galerkin/revision': String(fence.revision),
      },
    },
    spec: { parentRefs: parents, rules },
  };
}
