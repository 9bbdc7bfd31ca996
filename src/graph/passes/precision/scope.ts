// One graph while its precision changes: in which type each value is made, and a cast to the other type once somebody wants it.
import { GalerkinError } from '../../../base/index.js';
import { int } from '../../attributes.js';
import type { Constant } from '../../constant.js';
import { elementTypes } from '../../element-type.js';
import type { Graph, Node } from '../../model.js';
import type { TensorType } from '../../types/rule.js';
import type { Narrowing } from './options.js';

/** `from` is wide, `to` is narrow. */
export type Width = 'narrow' | 'wide';

/** How a value is made. What is of neither type is 'other'; of an unknown type, after its inputs changed or before. */
export type Form = Width | 'other' | 'unknown after' | 'unknown before';

interface Entry {
  readonly form: Form;
  /** The names of its versions, as far as they were made. */
  readonly names: Partial<Record<Width, string>>;
}

/** What all graphs of a model share. */
export interface Work {
  readonly narrowing: Narrowing;
  /** Names that fresh ones must differ from. */
  readonly taken: Set<string>;
  /** Names of values that must not be rounded. */
  readonly exact: ReadonlySet<string>;
  changed: number;
  casts: number;
  constants: number;
  clamped: number;
  readonly kept: Map<string, number>;
  readonly vanishing: string[];
}

export function fresh({ taken }: Work, hint: string): string {
  let name = hint;
  for (let k = 1; taken.has(name); k++) name = `${hint}_${k}`;
  taken.add(name);
  return name;
}

function typesIn({ inputs, outputs, values, constants }: Graph): Map<string, TensorType> {
  const types = new Map<string, TensorType>();
  for (const { name, type } of [...outputs, ...values.values(), ...inputs])
    if (type?.kind === 'tensor') types.set(name, type);
  for (const { name, dtype, shape } of constants.values()) types.set(name, { dtype, shape });
  return types;
}

export class PrecisionScope {
  /** What the graph consists of so far. */
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Constant>();
  readonly #entries = new Map<string, Entry>();
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #around: PrecisionScope | undefined;
  readonly #work: Work;

  constructor(graph: Graph, around: PrecisionScope | undefined, work: Work) {
    this.#types = typesIn(graph);
    this.#around = around;
    this.#work = work;
  }

  /** The element type before the change. */
  dtypeOf(name: string): TensorType['dtype'] | undefined {
    return this.#types.get(name)?.dtype ?? this.#around?.dtypeOf(name);
  }

  /** Says how `name` is made, and under which name, if not its own. */
  declare(name: string, form: Form, alias = name): void {
    const names = form === 'narrow' || form === 'wide' ? { [form]: alias } : {};
    this.#entries.set(name, { form, names });
  }

  /** How a value in sight is made; 'other' for one that nobody makes. */
  formOf(name: string): Form {
    return this.#entries.get(name)?.form ?? this.#around?.formOf(name) ?? 'other';
  }

  /** Whether a value is there in this width, or is of neither type. */
  isAt(name: string, width: Width): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return this.#around?.isAt(name, width) ?? true;
    return (entry.form !== 'narrow' && entry.form !== 'wide') || entry.names[width] !== undefined;
  }

  /** The alias of a value that another width has to be made of under its own name. */
  aliased(name: string, form: Width): string {
    const alias = fresh(this.#work, `${name}_${this.#typeOf(form)}`);
    this.declare(name, form, alias);
    return alias;
  }

  /** The name of the version of this width, which is made now if there is none. @throws PRECISION_UNSUPPORTED for an unknown type. */
  named(name: string, width: Width, called?: string): string {
    const entry = this.#entries.get(name);
    if (entry === undefined) return this.#around?.named(name, width) ?? name;
    const { form, names } = entry;
    const isAsWanted = form === (width === 'narrow' ? 'unknown after' : 'unknown before');
    if (form === 'other' || isAsWanted) return name;
    const known = names[width];
    if (known !== undefined) return known;
    const source = names[width === 'narrow' ? 'wide' : 'narrow'];
    if (source === undefined)
      throw new GalerkinError('PRECISION_UNSUPPORTED', {
        reason: `the type of '${name}' is not known; state it in the file`,
      });
    const to = this.#typeOf(width);
    const output = called ?? fresh(this.#work, `${name}_${to}`);
    names[width] = output;
    this.#cast(source, output, to);
    return output;
  }

  #typeOf(width: Width): Narrowing['from'] | Narrowing['to'] {
    return this.#work.narrowing[width === 'narrow' ? 'to' : 'from'];
  }

  #cast(source: string, output: string, to: Narrowing['from'] | Narrowing['to']): void {
    this.#work.casts++;
    const attributes = { to: int(elementTypes[to].onnx) };
    const name = fresh(this.#work, `cast_${output}`);
    this.nodes.push({ name, operator: 'Cast', domain: '', inputs: [source], outputs: [output], attributes });
  }
}
