// What tests use of the example repository's maker.
export type ExampleModel =
  | 'simple'
  | 'simple_int8'
  | 'simple_string'
  | 'simple_identity'
  | 'simple_sequence'
  | 'simple_dyna_sequence'
  | 'simple_string_dyna_sequence'
  | 'simple_doubling';
export function writeExampleRepository(folder: string, names?: readonly ExampleModel[]): string;
