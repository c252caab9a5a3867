import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeArchive } from '../../activities/fetch/archive.ts';
import type { Credential } from '../../activities/fetch/oci/docker-config.ts';
import { pushArtifact } from '../../activities/fetch/oci/push.ts';
import { openSession, type Session } from '../../activities/fetch/oci/session.ts';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';
import { freePort } from '../../deploy/dev/stack/ports.ts';
import { startTokenServer } from './token-server.ts';

/** Whom a registry lets in: everybody, or the user below by a password, or by tokens that are given for it. */
export type Entry = 'open' | 'password' | 'token';

/** The user that is let in. */
export const user = { username: 'ann', password: 'secret-word' } as const;
/** That password for the registry's own file of users. */
const userLine = 'ann:$2b$04$qtQx6G3HanNqimLfPKMpQ.Cx02TXlQcT4DtRzWr3HbE/P6Bknei0O\n';

/** TLS files as PEM; with an authority for clients they have to show a certificate of it. */
export interface RegistryTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly clientCa?: string;
}

/** A real registry, and how to fill it. */
export interface TestRegistry {
  /** host:port */
  readonly host: string;
  /** Pushes files as Flux's tools do; gives the digest of the manifest. */
  push(
    repository: string,
    files: Readonly<Record<string, string>>,
    annotations?: Record<string, string>,
  ): Promise<string>;
  /** Works with a repository, `path:tag` or `path`, with the right to push. */
  session<T>(repository: string, work: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Starts a registry on this machine, on a free port, with an empty storage. */
export async function startRegistry(
  options: { entry?: Entry; tls?: RegistryTls } = {},
): Promise<TestRegistry> {
  const { entry = 'open', tls } = options;
  const program = await resolveTool('registry', SILENT);
  const dir = await mkdtemp(join(tmpdir(), 'sluice-registry-'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const tokens =
    entry === 'token' ? await startTokenServer(user, join(dir, 'tokens.crt')) : undefined;
  const auth = {
    open: undefined,
    password: { htpasswd: { realm: 'test', path: join(dir, 'users') } },
    token: tokens && { token: tokens.settings },
  }[entry];
  await writeFile(join(dir, 'users'), userLine);
  const config = {
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(dir, 'data') } },
    http: { addr: host, secret: 'of no use', ...(tls ? { tls: await tlsFiles(dir, tls) } : {}) },
    ...(auth ? { auth } : {}),
  };
  await writeFile(join(dir, 'config.yaml'), stringify(config));
  const child = spawn(program, ['serve', join(dir, 'config.yaml')], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await untilListening(child, `${tls ? 'https' : 'http'}://${host}`);
  const credential = entry === 'open' ? undefined : user;
  const session = sessions(host, credential, tls);
  return {
    host,
    session,
    push: (repository, files, annotations = {}) =>
      pushFiles(session, repository, files, annotations),
    async close() {
      child.kill();
      await tokens?.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function tlsFiles(dir: string, tls: RegistryTls): Promise<object> {
  const [certificate, key, clientCa] = ['tls.crt', 'tls.key', 'clients.crt'].map((name) =>
    join(dir, name),
  );
  await writeFile(certificate ?? '', tls.certificate);
  await writeFile(key ?? '', tls.key, { mode: 0o600 });
  if (!tls.clientCa) return { certificate, key };
  await writeFile(clientCa ?? '', tls.clientCa);
  return { certificate, key, clientcas: [clientCa] };
}

async function untilListening(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  }
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    // A server that wants a certificate answers by closing, which tells as much.
    const answer = await fetch(`${url}/v2/`).catch((error: unknown) =>
      String((error as Error).cause),
    );
    if (typeof answer !== 'string' || !answer.includes('ECONNREFUSED')) return;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the registry did not start: ${said.slice(-2000)}`);
}

function sessions(
  host: string,
  credential: Credential | undefined,
  tls: RegistryTls | undefined,
): TestRegistry['session'] {
  return async (repository, work) => {
    const session = openSession(
      { registry: host, host, path: repository.split(':')[0] ?? '' },
      {
        insecure: true,
        credential,
        rights: 'pull,push',
        ...(tls ? { tls: { ca: tls.ca } } : {}),
        signal: AbortSignal.timeout(60_000),
      },
    );
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
}

async function pushFiles(
  session: TestRegistry['session'],
  repository: string,
  files: Readonly<Record<string, string>>,
  annotations: Record<string, string>,
): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-push-'));
  const file = join(dir, 'content.tar.gz');
  const entries = Object.entries(files).map(([path, text]) => ({
    path,
    executable: false,
    oid: '',
    read: () => Promise.resolve(Buffer.from(text)),
  }));
  try {
    await writeArchive(file, entries);
    const tag = repository.split(':')[1] ?? 'latest';
    return await session(repository, (open) => pushArtifact(open, tag, { file, annotations }));
  } finally {
    await rm(dir, { recursive: true });
  }
}
