import { once } from 'node:events';
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { fail } from '../../failures.ts';
import { flushPacket, PacketReader } from '../git-packets.ts';
import { dial, type Proxy } from '../git-proxy.ts';
import type { GitTransport } from '../git-transport.ts';
import { offeredHostKeys, offeredKex, type SshAlgorithms } from './algorithms.ts';
import { readKnownHosts, type HostKeys } from './known-hosts.ts';
import { readPrivateKey, type PrivateKey } from './private-key.ts';

/** What opens an account on a server of SSH. */
export interface SshCredentials {
  readonly username: string;
  readonly identity: string;
  readonly passphrase?: string | undefined;
  readonly knownHosts: string;
  /** Where they come from, such as `Secret/ns/name`, for messages. */
  readonly title: string;
}

/** How a repository is reached over SSH. */
export interface SshRemote {
  readonly url: string;
  readonly credentials: SshCredentials;
  readonly algorithms: SshAlgorithms;
  readonly proxy: Proxy | undefined;
}

/**
 * Talks to a repository over SSH: one connection with one command, `git-upload-pack`, whose output is read from answer to answer. Raises
 * AuthenticationFailed where a key is refused or the server is not the one that known_hosts tells of, and GitOperationFailed otherwise.
 */
export function createSshTransport(remote: SshRemote, signal: AbortSignal): GitTransport {
  const client = new ssh2.Client();
  // What went wrong is told by what was waiting for it; an event without a listener would end the worker.
  client.on('error', () => undefined);
  let conversation: { channel: ClientChannel; reader: PacketReader } | undefined;
  const stop = (): void => {
    client.destroy();
  };
  signal.addEventListener('abort', stop);
  return {
    async advertisement() {
      const command = commandOf(remote.url);
      await connect(client, remote, signal);
      const channel = await execute(client, command, { GIT_PROTOCOL: 'version=2' });
      conversation = { channel, reader: new PacketReader(outputOf(channel, remote.url)) };
      return conversation.reader;
    },
    send(request) {
      if (!conversation) throw new Error('the server has not been heard yet');
      conversation.channel.write(request);
      return Promise.resolve(conversation.reader);
    },
    close() {
      signal.removeEventListener('abort', stop);
      if (conversation) conclude(client, conversation.channel);
      else client.end();
    },
  };
}

/** Lets the command end by itself, for a second at most: a server tells of one that is cut off as of an error. */
function conclude(client: Client, channel: ClientChannel): void {
  const end = (): void => {
    clearTimeout(late);
    client.end();
  };
  const late = setTimeout(end, 1000);
  channel.once('exit', end).once('close', end);
  if (channel.writable) channel.end(flushPacket);
  else end();
}

/** What a repository is read with, and what it is written with. */
export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** The only commands that are ever run, with the path quoted as git itself does it for the shell of the other side. */
export function commandOf(address: string, service: GitService = 'git-upload-pack'): string {
  let path: string;
  try {
    path = decodeURIComponent(new URL(address).pathname);
  } catch {
    throw fail('UrlInvalid', 'spec.url is no valid URL: write it like ssh://git@host/path');
  }
  if (/[\u0000-\u001f\u007f]/.test(path)) {
    throw fail('UrlInvalid', 'spec.url holds control characters in its path: remove them');
  }
  const named = path.startsWith('/~') ? path.slice(1) : path;
  const quoted = named.replaceAll("'", String.raw`'\''`).replaceAll('!', String.raw`'\!'`);
  return `${service} '${quoted}'`;
}

/** Opens the connection; the server has to be the one that known_hosts tells of. Raises AuthenticationFailed or GitOperationFailed. */
export async function connect(
  client: Client,
  remote: SshRemote,
  signal: AbortSignal,
): Promise<void> {
  const { credentials, algorithms, proxy, url } = remote;
  const { hostname, port: text } = new URL(url);
  const [host, port] = [hostname.replace(/^\[(.*)\]$/, '$1'), Number(text) || 22];
  const key = keyOf(credentials);
  const hostKeys = hostKeysOf(credentials, host, port);
  const serverHostKey = offeredHostKeys(hostKeys.types, algorithms);
  if (serverHostKey.length === 0) throw noCommonType(credentials, hostKeys, host);
  const socket = await dial({ host, port }, proxy, { signal });
  let verdict: ReturnType<HostKeys['verdict']> | undefined;
  try {
    await ready(client, {
      sock: socket,
      username: credentials.username,
      privateKey: key.pem,
      ...(key.passphrase === undefined ? {} : { passphrase: key.passphrase }),
      algorithms: { kex: offeredKex(algorithms), serverHostKey, compress: ['none'] },
      hostVerifier: (shown: Buffer) => (verdict = hostKeys.verdict(shown)) === 'known',
      // The time-out of the source ends the attempt.
      readyTimeout: 0,
    });
  } catch (error) {
    socket.destroy();
    throw connectionFailure(error, { verdict, credentials, key, host, hostKeys });
  }
}

function keyOf({ identity, passphrase, title }: SshCredentials): PrivateKey {
  try {
    return readPrivateKey(identity, passphrase);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'can not be read';
    throw fail('AuthenticationFailed', `the key identity of ${title} ${why}`);
  }
}

function hostKeysOf({ knownHosts, title }: SshCredentials, host: string, port: number): HostKeys {
  try {
    const keys = readKnownHosts(knownHosts, host, port);
    if (keys.types.size > 0) return keys;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'can not be read';
    throw fail('AuthenticationFailed', `the key known_hosts of ${title}: ${why}`);
  }
  const name = port === 22 ? host : `[${host}]:${port}`;
  const advice = `add the line that ssh-keyscan prints for it, after you have checked it`;
  throw fail('AuthenticationFailed', `known_hosts of ${title} has no key of ${name}: ${advice}`);
}

function noCommonType({ title }: SshCredentials, { types }: HostKeys, host: string): Error {
  const known = [...types].join(', ');
  const why = `known_hosts of ${title} has keys of ${host} of the types ${known} only`;
  return fail('AuthenticationFailed', `${why}, which the worker is not set to accept`);
}

type Config = Parameters<Client['connect']>[0] & { sock: Socket };

async function ready(client: Client, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', reject);
    client.once('close', () => {
      reject(new Error('the server closed the connection'));
    });
    client.connect(config);
  });
}

interface Attempt {
  readonly verdict: ReturnType<HostKeys['verdict']> | undefined;
  readonly credentials: SshCredentials;
  readonly key: PrivateKey;
  readonly host: string;
  readonly hostKeys: HostKeys;
}

function connectionFailure(error: unknown, attempt: Attempt): Error {
  const { verdict, credentials, key, host, hostKeys } = attempt;
  const { title, username } = credentials;
  if (verdict === 'unknown' || verdict === 'revoked') {
    const is = verdict === 'revoked' ? 'is revoked by' : 'is not in';
    const why = `the key that ${host} shows ${is} known_hosts of ${title}`;
    const advice = 'another server may be answering; check the key before you change the Secret';
    return fail('AuthenticationFailed', `${why}: ${advice}`);
  }
  const { level, message } = detailsOf(error);
  if (level === 'client-authentication') {
    const digest = createHash('sha256').update(key.key.getPublicSSH()).digest('base64');
    const shown = `${key.key.type} SHA256:${digest.replace(/=+$/, '')}`;
    const why = `${host} refuses the key ${shown} of ${title} for the user ${username}`;
    return fail('AuthenticationFailed', `${why}: give that key read access to the repository`);
  }
  if (/no matching host key/i.test(message)) {
    const types = [...hostKeys.types].join(', ');
    const why = `${host} has no key of the types that known_hosts of ${title} knows (${types})`;
    return fail('AuthenticationFailed', `${why}: add the one it has`);
  }
  return fail(
    'GitOperationFailed',
    `${host} can not be reached over SSH: ${message.slice(0, 300)}`,
  );
}

function detailsOf(error: unknown): { level?: unknown; message: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  return { level: 'level' in error ? error.level : undefined, message: error.message };
}

/** Runs a command of Git on the server. Raises GitOperationFailed where the server runs none. */
export function execute(
  client: Client,
  command: string,
  env: Record<string, string> = {},
): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, { env }, (error, channel) => {
      if (!error) {
        resolve(channel);
        return;
      }
      const [program = ''] = command.split(' ', 1);
      reject(fail('GitOperationFailed', `the server runs no ${program}: ${error.message}`));
    });
  });
}

/** What the command prints; where it ends badly, its error output is the reason. */
export async function* outputOf(
  channel: ClientChannel,
  url: string,
): AsyncGenerator<Uint8Array, void> {
  const closed = once(channel, 'close');
  closed.catch(() => undefined);
  let told = '';
  channel.stderr.on('data', (chunk: Buffer) => {
    told = `${told}${chunk.toString('utf8')}`.slice(0, 1000);
  });
  for await (const chunk of channel as AsyncIterable<Buffer>) yield chunk;
  const [code] = (await closed) as unknown[];
  if (code === 0) return;
  const reason = told
    .replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim()
    .slice(0, 300);
  throw fail('GitOperationFailed', `${url}: ${reason || 'the server ended the conversation'}`);
}
