// The members of a zip archive held in memory: sizes bounded before anything is inflated, every member checked by its CRC.
import { crc32 } from 'node:zlib';
import { inflateSync } from 'fflate';
import { GalerkinError } from '../base/index.js';

export interface ZipLimits {
  /** What the archive is called in errors. */
  readonly name: string;
  /** Largest sum of the members' sizes once inflated. */
  readonly budgetBytes: number;
}

interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerAt: number;
}

const endBytes = 22;
const centralBytes = 46;
const localBytes = 30;
/** Deflate cannot shrink by more than this factor; a member that says so lies. */
const maxRatio = 1032;

const invalid = (name: string, wanted: string, got: string) => new GalerkinError('NPZ_INVALID', { name, wanted, got });
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the end-of-directory record stands: before a comment that reaches exactly to the end. */
function findEnd(name: string, view: DataView): number {
  const lowest = Math.max(0, view.byteLength - endBytes - 0xffff);
  for (let at = view.byteLength - endBytes; at >= lowest; at--) {
    const found = view.getUint32(at, true) === 0x06054b50;
    if (found && at + endBytes + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw invalid(name, 'a zip archive', `${view.byteLength} bytes with no end record (cut off, or another format)`);
}

function readMember(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  limits: ZipLimits,
): { member: Member; next: number } {
  if (at + centralBytes > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
    throw invalid(limits.name, 'a directory entry', `other bytes at ${at}`);
  }
  const nameBytes = view.getUint16(at + 28, true);
  const next = at + centralBytes + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (next > bytes.length) throw invalid(limits.name, 'a whole directory', 'a directory that is cut off');
  const member = {
    name: new TextDecoder().decode(bytes.subarray(at + centralBytes, at + centralBytes + nameBytes)),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packedBytes: view.getUint32(at + 20, true),
    bytes: view.getUint32(at + 24, true),
    headerAt: view.getUint32(at + 42, true),
  };
  if ((view.getUint16(at + 8, true) & 1) === 1)
    throw invalid(limits.name, 'no encryption', `'${member.name}' encrypted`);
  if (member.method !== 0 && member.method !== 8) {
    throw invalid(limits.name, 'members stored or deflated', `'${member.name}' by method ${member.method}`);
  }
  if (member.method === 0 ? member.bytes !== member.packedBytes : member.bytes > member.packedBytes * maxRatio + 64) {
    throw invalid(limits.name, 'sizes that agree', `'${member.name}': ${member.packedBytes} for ${member.bytes} bytes`);
  }
  return { member, next };
}

function readDirectory(bytes: Uint8Array, limits: ZipLimits): { members: Member[]; startsAt: number } {
  const view = viewOf(bytes);
  const end = findEnd(limits.name, view);
  const count = view.getUint16(end + 10, true);
  const startsAt = view.getUint32(end + 16, true);
  if (count === 0xffff || startsAt === 0xffffffff) throw invalid(limits.name, 'less than 4 GiB', 'a zip64 archive');
  const members: Member[] = [];
  let at = startsAt;
  let total = 0;
  for (let k = 0; k < count; k++) {
    const { member, next } = readMember(view, bytes.subarray(0, end), at, limits);
    total += member.bytes;
    if (total > limits.budgetBytes) {
      throw invalid(limits.name, `at most ${limits.budgetBytes} bytes inflated`, `${total} bytes or more`);
    }
    members.push(member);
    at = next;
  }
  return { members, startsAt };
}

function inflate(packed: Uint8Array, member: Member, archive: string): Uint8Array {
  try {
    return inflateSync(packed, { out: new Uint8Array(member.bytes) });
  } catch (cause) {
    const fields = { name: archive, wanted: `deflated data in '${member.name}'`, got: 'other bytes' };
    throw new GalerkinError('NPZ_INVALID', fields, { cause });
  }
}

function readContent(bytes: Uint8Array, member: Member, startsAt: number, archive: string): Uint8Array {
  const view = viewOf(bytes);
  const { headerAt, packedBytes } = member;
  if (headerAt + localBytes > startsAt || view.getUint32(headerAt, true) !== 0x04034b50) {
    throw invalid(archive, `'${member.name}' at ${headerAt}`, 'other bytes');
  }
  const from = headerAt + localBytes + view.getUint16(headerAt + 26, true) + view.getUint16(headerAt + 28, true);
  if (from + packedBytes > startsAt) {
    throw invalid(archive, `${packedBytes} bytes of '${member.name}'`, `${Math.max(0, startsAt - from)} bytes`);
  }
  const packed = bytes.subarray(from, from + packedBytes);
  const content = member.method === 0 ? packed : inflate(packed, member, archive);
  if (content.length !== member.bytes || crc32(content) !== member.crc) {
    throw invalid(archive, `'${member.name}' as its checksum says`, 'damaged bytes');
  }
  return content;
}

/**
 * Members by name. Stored members are views of `bytes`, deflated ones are new arrays.
 * @throws NPZ_INVALID for anything else than a whole, plain zip archive within the budget.
 */
export function readZip(bytes: Uint8Array, limits: ZipLimits): Map<string, Uint8Array> {
  const { members, startsAt } = readDirectory(bytes, limits);
  const contents = new Map<string, Uint8Array>();
  for (const member of members) {
    if (contents.has(member.name)) throw invalid(limits.name, 'each name once', `'${member.name}' twice`);
    contents.set(member.name, readContent(bytes, member, startsAt, limits.name));
  }
  return contents;
}
