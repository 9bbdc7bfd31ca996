// Error codes of releases: routes, documents, controllers, replicas, versions.
import { entry } from './entry.js';

export const controlErrors = {
  ROUTE_INVALID: entry<{ faults: readonly string[] }>({
    http: 400,
    exit: 65,
    message: ({ faults }) => `This route cannot be obeyed: ${faults.join('; ')}.`,
    doc: 'A route does not hold together: its shares do not sum to 10,000, or it names a version twice or not at all. All faults are listed.',
  }),
  ROUTE_STALE: entry<{ model: string; term: number; revision: number; currentTerm: number; currentRevision: number }>({
    http: 409,
    exit: 69,
    message: ({ model, term, revision, currentTerm, currentRevision }) =>
      `The route of '${model}' with term ${term}, revision ${revision} comes too late: term ${currentTerm}, revision ${currentRevision} is obeyed. Another controller is in office; stop sending.`,
    doc: 'A controller that has lost its office tried to move traffic. Nothing was changed; the controller in office goes on.',
  }),
  ROUTE_ABSENT: entry<{ model: string }>({
    http: 409,
    exit: 65,
    message: ({ model }) =>
      `No route of '${model}' stands, so there is none to give up: its own version policy decides. Releases are listed by: galerkin release history.`,
    doc: 'A route was to be given up where no release has set one, or where it was given up before.',
  }),
  RELEASE_INVALID: entry<{ path: string; faults: readonly string[] }>({
    http: 400,
    exit: 65,
    message: ({ path, faults }) => `${path} is no release: ${faults.join('; ')}.`,
    doc: 'A release document has members that are missing, unknown or out of range. All faults are listed; nothing was started.',
  }),
  RELEASE_UNKNOWN: entry<{ id: string; known: readonly string[] }>({
    http: 404,
    exit: 66,
    message: ({ id, known }) =>
      `There is no release '${id}'. ${known.length === 0 ? 'None has been started.' : `The latest are: ${known.join(', ')}.`}`,
    doc: 'A release was asked for by a name that no release has.',
  }),
  RELEASE_RUNNING: entry<{ model: string; id: string }>({
    http: 409,
    exit: 69,
    message: ({ model, id }) =>
      `The release '${id}' of '${model}' is still under way. Wait for it, or abort it: galerkin release abort ${id}.`,
    doc: 'A model has at most one release at a time.',
  }),
  RELEASE_PHASE: entry<{ id: string; what: string; phase: string; allowed: readonly string[] }>({
    http: 409,
    exit: 69,
    message: ({ id, what, phase, allowed }) =>
      `The release '${id}' is ${phase}, so it cannot ${what}. ${allowed.length === 0 ? 'It is over.' : `It can: ${allowed.join(', ')}.`}`,
    doc: 'A command does not fit the phase of the release, such as pausing one that is over.',
  }),
  RELEASE_REFUSED: entry<{ model: string; why: string }>({
    http: 409,
    exit: 65,
    message: ({ model, why }) => `No release of '${model}' was started: ${why}`,
    doc: 'A release makes no sense as things stand: the version is already the stable one, does not exist, or has another signature. The message says which.',
  }),
  REPLICA_UNREACHABLE: entry<{ replica: string; why: string }>({
    http: 503,
    exit: 69,
    message: ({ replica, why }) => `The replica '${replica}' did not answer: ${why}. It is tried again.`,
    doc: 'A serving process could not be reached, or did not answer in time.',
  }),
  REPLICA_NAME_TAKEN: entry<{ replica: string; url: string }>({
    http: 409,
    exit: 69,
    message: ({ replica, url }) =>
      `Another server of this database calls itself '${replica}' and lives at ${url}. Give this one a name of its own with --replica-name.`,
    doc: 'Two servers of one fleet have the same name. Names tell the controller which of them has obeyed, so each needs its own.',
  }),
  REPLICA_SECRET_WRONG: entry<{ came: 'none' | 'another' }>({
    http: 401,
    exit: 69,
    message: ({ came }) =>
      `This route moves traffic and is for the controller of this server's fleet: wanted its secret as 'authorization: Bearer …', got ${came}.`,
    doc: 'A route between the replicas of a fleet was called without the secret that they share in their database. People use /releases.',
  }),
  VERSION_STAGE: entry<{ model: string; version: number; stage: string; what: string; why: string }>({
    http: 409,
    exit: 65,
    message: ({ model, version, stage, what, why }) =>
      `Version ${version} of '${model}' is in the stage '${stage}' and cannot be ${what}: ${why}`,
    doc: 'A version cannot go from its stage to the one that was asked for.',
  }),
  VERSION_CHANGED: entry<{ model: string; version: number; wanted: string; got: string }>({
    http: 409,
    exit: 65,
    message: ({ model, version, wanted, got }) =>
      `Version ${version} of '${model}' is registered with the digest ${wanted}, and what lies there has ${got}. A version never changes: publish the new content under a new number.`,
    doc: 'The files or the configuration of a registered version are not those that were registered. Nothing was taken over.',
  }),
  VERSIONS_INCOMPARABLE: entry<{ model: string; a: number; b: number; why: string }>({
    http: 409,
    exit: 65,
    message: ({ model, a, b, why }) => `Versions ${a} and ${b} of '${model}' cannot be compared: ${why}.`,
    doc: 'Two versions have other tensors, no program, or no held-out samples, so that no figure would be fair.',
  }),
  ROUTE_INEXPRESSIBLE: entry<{ model: string; by: string; lapses: readonly string[] }>({
    http: 409,
    exit: 65,
    message: ({ model, by, lapses }) =>
      `The route of '${model}' cannot be said to ${by} as it stands: ${lapses.join('; ')}. Change the route, or name what may be left out in 'tolerate'.`,
    doc: 'A gateway has no words for a part of a route. Nothing was changed; every such part is listed.',
  }),
  GATEWAY_FAILED: entry<{ path: string; what: string; why: string }>({
    http: 503,
    exit: 69,
    message: ({ path, what, why }) => `The gateway with the configuration ${path} was not ${what}: ${why}.`,
    doc: "The gateway's command refused the configuration or did not end, or the file belongs to somebody else. The configuration before it stands again.",
  }),
  ADVISER_UNUSABLE: entry<{ path: string; why: string }>({
    http: 500,
    exit: 66,
    message: ({ path, why }) =>
      `The learned adviser cannot be used: '${path}': ${why}. Build it anew: npm run build. Releases go on without it.`,
    doc: 'The model of the adviser of releases is missing, damaged or of another version. The build trains it: npm run build.',
  }),
  JUDGE_MEMORY: entry<{ faults: readonly string[] }>({
    http: 500,
    exit: 65,
    message: ({ faults }) =>
      `What the judge of this release has heard cannot be read: ${faults.join('; ')}. Abort the release and start it anew.`,
    doc: 'The memory of a judge is damaged, or belongs to a release of other versions or criteria.',
  }),
};
