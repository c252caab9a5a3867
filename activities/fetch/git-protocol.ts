import { fail } from '../failures.ts';
import { gitLimits } from './git-limits.ts';
import {
  delimiterPacket,
  flushPacket,
  refused,
  textOf,
  textPacket,
  type PacketReader,
} from './git-packets.ts';
import type { RemoteRef } from './git-reference.ts';
import type { GitTransport } from './git-transport.ts';

/** Which commits are wanted. */
export interface Wanted {
  readonly oids: readonly string[];
  /** How many commits back; absent for the whole history. */
  readonly depth?: number;
  /** Leaves out trees and blobs, where the server can. */
  readonly commitsOnly?: boolean;
}

/** A conversation with a remote, in version 2 of the protocol or, with servers that know no other, in version 0. */
export interface GitSession {
  /** The references below the prefixes, with what annotated tags stand for. A server of version 0 gives all it has. */
  references(prefixes: readonly string[]): Promise<RemoteRef[]>;
  /** Whether a commit may be asked for that no reference stands for. */
  readonly anyCommit: boolean;
  /** The bytes of a pack with what is wanted. */
  fetch(wanted: Wanted): AsyncIterable<Buffer>;
}

/** Opens a conversation. Raises GitOperationFailed where the other end is no Git server, or one of SHA-256 repositories. */
export async function openSession(transport: GitTransport): Promise<GitSession> {
  const reader = (await transport.advertisement()).allow(gitLimits.references);
  let lines = await readLines(reader);
  // Over HTTP the service is named first.
  if (lines[0]?.startsWith('# service=')) lines = await readLines(reader);
  await reader.finish();
  if (lines[0] === 'version 2') return versionTwo(transport, lines);
  return versionZero(transport, lines[0] === 'version 1' ? lines.slice(1) : lines);
}

async function readLines(reader: PacketReader): Promise<string[]> {
  const lines: string[] = [];
  for (let packet = await reader.next(); packet && 'data' in packet; packet = await reader.next()) {
    lines.push(textOf(packet.data));
  }
  return lines;
}

const agent = 'git/sluice';

function versionTwo(transport: GitTransport, capabilities: readonly string[]): GitSession {
  const features = capabilities.find((line) => line.startsWith('fetch='))?.slice(6) ?? '';
  checkFormat(capabilities.find((line) => line.startsWith('object-format='))?.slice(14));
  const command = (name: string, lines: readonly string[]): Buffer =>
    Buffer.concat([
      textPacket(`command=${name}`),
      textPacket(`agent=${agent}`),
      delimiterPacket,
      ...lines.map(textPacket),
      flushPacket,
    ]);
  return {
    anyCommit: true,
    async references(prefixes) {
      const lines = ['peel', ...prefixes.map((prefix) => `ref-prefix ${prefix}`)];
      const answer = await transport.send(command('ls-refs', lines));
      return readReferences(answer.allow(gitLimits.references));
    },
    async *fetch({ oids, depth, commitsOnly }) {
      const filter = commitsOnly === true && features.split(' ').includes('filter');
      const answer = await transport.send(
        command('fetch', [
          'ofs-delta',
          'no-progress',
          ...(depth === undefined ? [] : [`deepen ${depth}`]),
          ...(filter ? ['filter tree:0'] : []),
          ...oids.map((oid) => `want ${oid}`),
          'done',
        ]),
      );
      yield* readSections(answer.allow(packBytes));
    },
  };
}

/** The pack and the frames around it. */
const packBytes = gitLimits.pack + gitLimits.pack / 8;

function checkFormat(format: string | undefined): void {
  if (format === undefined || format === 'sha1') return;
  throw fail('GitOperationFailed', `the repository has objects of ${format}: only sha1 is read`);
}

async function readReferences(answer: PacketReader): Promise<RemoteRef[]> {
  const found: RemoteRef[] = [];
  for (let packet = await answer.next(); packet && 'data' in packet; packet = await answer.next()) {
    const [oid = '', ref = '', ...attributes] = textOf(packet.data).split(' ');
    // A reference to a branch without a commit has no hash.
    if (!isHash(oid) || ref === '') continue;
    const peeled = attributes.find((text) => text.startsWith('peeled:'))?.slice(7);
    found.push({ ref, oid, ...(peeled !== undefined && isHash(peeled) ? { peeled } : {}) });
  }
  await answer.finish();
  return found;
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** Version 2 answers in sections; the last is the pack. */
async function* readSections(answer: PacketReader): AsyncIterable<Buffer> {
  for (let packet = await answer.next(); packet; packet = await answer.next()) {
    if (!('data' in packet) || textOf(packet.data) !== 'packfile') continue;
    yield* sideband(answer);
    return;
  }
  throw fail('GitOperationFailed', 'the remote sent no pack');
}

/** Band 1 is the pack, 2 is for people, 3 is an error that ends all. */
async function* sideband(answer: PacketReader): AsyncIterable<Buffer> {
  for (let packet = await answer.next(); packet && 'data' in packet; packet = await answer.next()) {
    const band = packet.data[0];
    if (band === 1) yield packet.data.subarray(1);
    else if (band === 3) throw refused(packet.data.subarray(1));
    else if (band !== 2) throw fail('GitOperationFailed', `the remote uses the band ${band ?? 0}`);
  }
  await answer.finish();
}

function versionZero(transport: GitTransport, lines: readonly string[]): GitSession {
  const capabilities = (lines[0]?.split('\0')[1] ?? '').split(' ');
  checkFormat(capabilities.find((name) => name.startsWith('object-format='))?.slice(14));
  const refs = referencesOf(lines);
  const can = (name: string): boolean => capabilities.includes(name);
  return {
    anyCommit: can('allow-reachable-sha1-in-want') || can('allow-any-sha1-in-want'),
    references: () => Promise.resolve(refs),
    async *fetch({ oids, depth }) {
      const chosen = ['side-band-64k', 'ofs-delta', 'no-progress'].filter(can);
      if (!can('side-band-64k') || (depth !== undefined && !can('shallow'))) {
        throw fail('GitOperationFailed', 'the Git server of the remote is too old');
      }
      const [first = '', ...others] = oids;
      const request = Buffer.concat([
        textPacket(`want ${first} ${[...chosen, `agent=${agent}`].join(' ')}`),
        ...others.map((oid) => textPacket(`want ${oid}`)),
        ...(depth === undefined ? [] : [textPacket(`deepen ${depth}`)]),
        flushPacket,
        textPacket('done'),
      ]);
      const answer = (await transport.send(request)).allow(packBytes);
      await untilAcknowledged(answer);
      yield* sideband(answer);
    },
  };
}

/** The first line holds the capabilities too; an annotated tag is followed by what it stands for. */
function referencesOf(lines: readonly string[]): RemoteRef[] {
  const refs = new Map<string, RemoteRef>();
  for (const line of lines) {
    const [oid = '', name = ''] = (line.split('\0')[0] ?? '').split(' ');
    if (!isHash(oid) || name === 'capabilities^{}') continue;
    const ref = name.replace(/\^\{\}$/, '');
    const tag = refs.get(ref);
    refs.set(ref, ref !== name && tag ? { ...tag, peeled: oid } : { ref, oid });
  }
  return [...refs.values()];
}

/** Before the pack come lines of what was cut off, and a NAK, since nothing was offered. */
async function untilAcknowledged(answer: PacketReader): Promise<void> {
  for (let packet = await answer.next(); packet; packet = await answer.next()) {
    if (!('data' in packet)) continue;
    const line = textOf(packet.data);
    if (line === 'NAK' || line.startsWith('ACK ')) return;
    if (!/^(un)?shallow [0-9a-f]{40}$/.test(line)) break;
  }
  throw fail('GitOperationFailed', 'the remote sent no pack');
}
