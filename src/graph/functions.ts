// Local functions: operators that a model defines itself, whose names say nothing of what they do.
import { fromBinary } from '@bufbuild/protobuf';
import { FunctionProtoSchema } from 'onnx-buf';
import type { Model } from './model.js';

/** 'domain:operator' of each. */
export function localFunctions({ functions }: Model): ReadonlySet<string> {
  return new Set(
    functions.map(bytes => {
      const { domain, name } = fromBinary(FunctionProtoSchema, bytes);
      return `${domain === 'ai.onnx' ? '' : domain}:${name}`;
    }),
  );
}
