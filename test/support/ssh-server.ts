import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import ssh2 from 'ssh2';
import { freePort } from '../../deploy/dev/stack/ports.ts';
import { resolveSshd, type Sshd } from '../../deploy/dev/toolchain/sshd.ts';

/** A pair of keys in the format of OpenSSH. */
export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** A new pair of keys. */
export function newKey(
  type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519',
  passphrase?: string,
): KeyPair {
  const bits = { ed25519: 256, ecdsa: 256, rsa: 3072 }[type];
  const encrypted = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 8 };
  const pair = ssh2.utils.generateKeyPairSync(type as 'ed25519', { bits, ...encrypted } as never);
  const blob = Buffer.from(pair.public.split(' ')[1] ?? '', 'base64');
  // The library writes a public key that begins with a zero byte without it.
  return type === 'ed25519' && blob.length !== ed25519Bytes ? newKey(type, passphrase) : pair;
}

const ed25519Bytes = 51;

/** A server of SSH on which repositories can be read, and written where their files may be. */
export interface SshServer {
  readonly port: number;
  readonly user: string;
  /** Its entry for known_hosts. */
  readonly knownHosts: string;
  /** Whether OpenSSH runs, or the server of the library. */
  readonly isOpenSsh: boolean;
  url(path: string): string;
  close(): Promise<void>;
}

/** Who may come in, and what the server shows. */
export interface SshServerOptions {
  /** Public keys. */
  readonly authorized: readonly string[];
  readonly hostKeys?: readonly KeyPair[];
  /** Whether clients may ask for version 2 of Git's protocol. */
  readonly acceptsProtocol?: boolean;
}

/** Starts OpenSSH's server as an ordinary user, or that of the library where OpenSSH is not to be had. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-ssh-'));
  await chmod(directory, 0o755);
  const sshd = await resolveSshd();
  const hostKeys = options.hostKeys ?? [newKey()];
  const isRoot = userInfo().uid === 0;
  // As root the server would need an account and directories of the machine.
  const usable = sshd && (!isRoot || sshd.userWrapper !== undefined) ? sshd : undefined;
  const port = await freePort();
  const started = usable
    ? await startOpenSsh(usable, { directory, port, options, hostKeys })
    : await startLibraryServer({ port, options, hostKeys });
  const lines = hostKeys.map((key) => `[127.0.0.1]:${port} ${key.public}`);
  return {
    port,
    user: started.user,
    knownHosts: `${lines.join('\n')}\n`,
    isOpenSsh: usable !== undefined,
    url: (path) => `ssh://${started.user}@127.0.0.1:${port}${path}`,
    async close() {
      await started.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Plan {
  readonly port: number;
  readonly options: SshServerOptions;
  readonly hostKeys: readonly KeyPair[];
}

interface Started {
  readonly user: string;
  stop(): Promise<void>;
}

async function startOpenSsh(
  sshd: Sshd,
  plan: Plan & { readonly directory: string },
): Promise<Started> {
  const { directory } = plan;
  const place = (name: string): string => join(directory, name);
  await mkdir(place('lib'));
  for (const file of sshd.libraries) await copyFile(file, place(`lib/${basename(file)}`));
  const program = sshd.libraries.length > 0 ? place('sshd') : sshd.program;
  if (program !== sshd.program) await copyFile(sshd.program, program);
  const account = accountFor();
  await configure(plan, account);
  const wrapped = sshd.userWrapper === undefined ? {} : wrapperOf(directory);
  const child = spawn(program, ['-D', '-e', '-f', place('sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...wrapped },
    ...(userInfo().uid === 0 ? account : {}),
  });
  await untilListening(child);
  const user = sshd.userWrapper === undefined ? userInfo().username : 'git';
  return { user, stop: () => stopped(child) };
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** In place of root somebody who owns nothing. */
function accountFor(): Account {
  const { uid, gid } = userInfo();
  return uid === 0 ? { uid: 65_534, gid: 65_534 } : { uid, gid };
}

async function configure(
  { directory, port, options, hostKeys }: Plan & { readonly directory: string },
  { uid, gid }: Account,
): Promise<void> {
  const place = (name: string): string => join(directory, name);
  const keys = hostKeys.map(({ private: text }, at) => ({ file: place(`host-${at}`), text }));
  for (const { file, text } of keys) {
    await writeFile(file, text, { mode: 0o600 });
    await chown(file, uid, gid);
  }
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...keys.map(({ file }) => `HostKey ${file}`),
    `AuthorizedKeysFile ${place('authorized_keys')}`,
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PidFile none',
    ...(options.acceptsProtocol === false ? [] : ['AcceptEnv GIT_PROTOCOL']),
  ];
  await writeFile(place('passwd'), `git:x:${uid}:${gid}::${directory}:/bin/sh\n`);
  await writeFile(place('group'), `git:x:${gid}:\n`);
  await writeFile(place('.gitconfig'), '[safe]\n\tdirectory = *\n');
  await writeFile(place('authorized_keys'), options.authorized.join('\n'));
  await writeFile(place('sshd_config'), `${lines.join('\n')}\n`);
}

function wrapperOf(directory: string): Record<string, string> {
  return {
    LD_LIBRARY_PATH: join(directory, 'lib'),
    LD_PRELOAD: join(directory, 'lib/libnss_wrapper.so'),
    NSS_WRAPPER_PASSWD: join(directory, 'passwd'),
    NSS_WRAPPER_GROUP: join(directory, 'group'),
  };
}

function untilListening(child: ChildProcess): Promise<void> {
  let told = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      told += chunk.toString('utf8');
      if (told.includes('Server listening on')) resolve();
    });
    child.once('error', reject);
    child.once('close', () => {
      reject(new Error(`sshd ended: ${told}`));
    });
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill();
  await closed;
}

/** The same with the server part of the library, which runs git itself. */
async function startLibraryServer({ port, options, hostKeys }: Plan): Promise<Started> {
  const allowed = options.authorized.map((line) => {
    const key = ssh2.utils.parseKey(line);
    if (key instanceof Error) throw key;
    return key;
  });
  const server = new ssh2.Server({ hostKeys: hostKeys.map((key) => key.private) }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      if (context.method !== 'publickey') {
        context.reject(['publickey']);
        return;
      }
      const known = allowed.find((key) => key.getPublicSSH().equals(context.key.data));
      const { signature, blob, hashAlgo } = context;
      const proven = !signature || (blob && known?.verify(blob, signature, hashAlgo) === true);
      if (known && proven) context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', (accept) => {
      const session = accept();
      let protocol = '';
      session.on('env', (_accept, _reject, { key, val }) => {
        if (key === 'GIT_PROTOCOL' && options.acceptsProtocol !== false) protocol = val;
      });
      session.on('exec', (acceptExec, reject, { command }) => {
        const [, program, quoted] = /^git-(upload-pack|receive-pack) '(.*)'$/.exec(command) ?? [];
        const path = quoted?.replaceAll(`'\\''`, "'");
        if (program === undefined || path === undefined) {
          reject();
          return;
        }
        const channel = acceptExec();
        const child = spawn('git', ['-c', 'safe.directory=*', program, path], {
          env: { PATH: process.env['PATH'] ?? '', GIT_PROTOCOL: protocol, HOME: tmpdir() },
        });
        channel.pipe(child.stdin);
        child.stdin.on('error', () => undefined);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr);
        child.once('close', (code) => {
          channel.exit(code ?? 1);
          channel.end();
        });
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    user: 'git',
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}
