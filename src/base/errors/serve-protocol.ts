// Error codes of the protocol's extensions in the room 'serve': shared memory, settings, generated answers. Triton's words where clients match on them.
import { entry } from './entry.js';

export const serveProtocolErrors = {
  SHARED_MEMORY_DISABLED: entry<object>({
    http: 403,
    exit: 69,
    message: () =>
      "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable. Or send the tensors as binary data.",
    doc: "Shared memory gives clients on the same machine a way into this machine's /dev/shm; it is off unless the server is told otherwise.",
  }),
  SHARED_MEMORY_UNKNOWN: entry<{ name: string; kind?: 'system' | 'cuda' }>({
    http: 404,
    exit: 66,
    message: ({ name, kind }) =>
      `Unable to find ${kind === undefined ? '' : `${kind} `}shared memory region: '${name}'. Register it first.`,
    doc: 'No region of that name is registered, or it is being unregistered.',
  }),
  SHARED_MEMORY_REFUSED: entry<{ name: string; why: string }>({
    http: 400,
    exit: 65,
    message: ({ name, why }) => `failed to register shared memory region '${name}': ${why}.`,
    doc: 'The region cannot be registered: a bad name or key, no such memory, or an offset and size beyond its end.',
  }),
  SHARED_MEMORY_EXISTS: entry<{ name: string }>({
    http: 400,
    exit: 65,
    message: ({ name }) =>
      `shared memory region '${name}' already in manager. Unregister it first, or choose another name.`,
    doc: 'A region of that name is registered already.',
  }),
  SHARED_MEMORY_RANGE: entry<{ name: string; what: 'offset' | 'offset + byte size'; got: string; bytes: number }>({
    http: 400,
    exit: 65,
    message: ({ name, what, got, bytes }) =>
      `Invalid ${what} for shared memory region: '${name}': wanted a place within its ${bytes} bytes, got ${got}.`,
    doc: 'A tensor would lie outside its region, or the memory behind the region has shrunk since it was registered.',
  }),
  SHARED_MEMORY_TOO_SMALL: entry<{ output: string; got: number; wanted: number }>({
    http: 400,
    exit: 65,
    message: ({ output, got, wanted }) =>
      `shared memory size specified with the request for output '${output}' (${got} bytes) should be at least ${wanted} bytes to hold the results`,
    doc: 'The place in shared memory that the request names for an output is smaller than the output.',
  }),
  SETTING_REFUSED: entry<{ what: 'log' | 'trace' }>({
    http: 501,
    exit: 69,
    message: ({ what }) => `${what} file location can not be updated through network protocol`,
    doc: 'Where the server writes is chosen when it starts, never by a client.',
  }),
  RESPONSE_COUNT: entry<{ got: number }>({
    http: 400,
    exit: 65,
    message: ({ got }) =>
      'generate expects model to produce exactly 1 response, use generate stream for model that generates various number of responses: ' +
      `got ${got}.`,
    doc: 'The model answered one question several times, or not at all; generate_stream takes any number of answers.',
  }),
};
