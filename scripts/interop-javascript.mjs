// JavaScript over gRPC as Triton's own example does it: a client made at run time from Triton's published message definitions.
import { spawnSync } from 'node:child_process';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';

/** The definitions, out of the Python client, which carries them. */
const printDefinitions = `
import base64
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from tritonclient.grpc import model_config_pb2, service_pb2
files = FileDescriptorSet()
for module in (model_config_pb2, service_pb2):
    module.DESCRIPTOR.CopyToProto(files.file.add())
print(base64.b64encode(files.SerializeToString()).decode())
`;

function definitions(python) {
  const { stdout } = spawnSync(python, ['-c', printDefinitions], { encoding: 'utf8' });
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, new Uint8Array(Buffer.from(stdout.trim(), 'base64'))));
}

const codec = schema => ({
  write: message => Buffer.from(toBinary(schema, create(schema, message))),
  read: bytes => fromBinary(schema, bytes),
});

function connect(python, address) {
  const service = definitions(python).getService('inference.GRPCInferenceService');
  const methods = service.methods.map(({ name, methodKind, input, output }) => [
    name,
    {
      path: `/${service.typeName}/${name}`,
      requestStream: methodKind.includes('bidi'),
      responseStream: methodKind.includes('bidi'),
      requestSerialize: codec(input).write,
      requestDeserialize: codec(input).read,
      responseSerialize: codec(output).write,
      responseDeserialize: codec(output).read,
    },
  ]);
  const Client = makeGenericClientConstructor(Object.fromEntries(methods), 'GRPCInferenceService');
  return new Client(address, credentials.createInsecure());
}

const deadline = () => ({ deadline: Date.now() + 20_000 });

const ask = (client, method, message) =>
  new Promise((resolve, reject) => {
    client[method](message, deadline(), (error, answer) => (error ? reject(error) : resolve(answer)));
  });

const upward = Int32Array.from({ length: 16 }, (_, index) => index);
const bytesOf = numbers => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
const question = (id = '') => ({
  modelName: 'simple',
  id,
  inputs: ['INPUT0', 'INPUT1'].map(name => ({ name, datatype: 'INT32', shape: [1n, 16n] })),
  outputs: ['OUTPUT0', 'OUTPUT1'].map(name => ({ name })),
  rawInputContents: [bytesOf(upward), bytesOf(upward.map(() => 1))],
});

function expectAnswer({ outputs, rawOutputContents }) {
  const wanted = [upward.map(value => value + 1), upward.map(value => value - 1)];
  outputs.forEach(({ name }, place) => {
    const got = new Int32Array(Uint8Array.from(rawOutputContents[place]).buffer);
    if (String(got) !== String(wanted[place])) throw new Error(`${name}: wanted ${wanted[place]}, got ${got}`);
  });
  if (outputs.length !== 2) throw new Error(`two outputs were wanted, got ${outputs.length}`);
}

const expect = (condition, words) => {
  if (!condition) throw new Error(words);
};

const cases = {
  'health and metadata': async client => {
    expect((await ask(client, 'ServerLive', {})).live, 'the server is not live');
    expect((await ask(client, 'ServerReady', {})).ready, 'the server is not ready');
    const { inputs } = await ask(client, 'ModelMetadata', { name: 'simple' });
    expect(String(inputs.map(({ name, shape }) => `${name}:${shape}`)) === 'INPUT0:-1,16,INPUT1:-1,16', 'metadata');
  },
  'infer with raw contents': async client => expectAnswer(await ask(client, 'ModelInfer', question())),
  'infer over a stream': client =>
    new Promise((resolve, reject) => {
      const stream = client.ModelStreamInfer(deadline());
      let answers = 0;
      stream.on('error', reject).on('end', () => (answers === 3 ? resolve() : reject(new Error(`${answers} answers`))));
      stream.on('data', ({ errorMessage, inferResponse }) => {
        try {
          expect(errorMessage === '', errorMessage);
          expectAnswer(inferResponse);
          expect(inferResponse.id === String(answers), `answer ${answers} has id ${inferResponse.id}`);
          answers += 1;
        } catch (error) {
          reject(error);
        }
      });
      for (const id of ['0', '1', '2']) stream.write(question(id));
      stream.end();
    }),
};

/** Runs the cases and reports each by `line(kind, words)`. */
export async function javascriptCases({ python, address, chosen }, line) {
  const client = address === '-' ? undefined : connect(python, address);
  for (const [name, run] of Object.entries(cases)) {
    const words = `grpc javascript: ${name}`;
    if (!words.includes(chosen)) continue;
    if (client === undefined) {
      line('skipped', `${words}: nobody listens for grpc`);
      continue;
    }
    await run(client).then(
      () => line('ok', words),
      error => line('FAILED', `${words}: ${error.message}`),
    );
  }
  client?.close();
}
