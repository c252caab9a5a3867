import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startGitServer } from '../deploy/dev/git-server.ts';
import { createServingCertificate } from '../deploy/dev/stack/certificates.ts';
import { createWorkingCopy } from '../deploy/dev/working-copy.ts';
import { newKey, startSshServer, type SshServer } from '../test/support/ssh-server.ts';

/**
 * A fetch of ours beside `git clone --depth 1` of the same repository from the same server, over https and ssh: seconds and peak memory.
 * Prints a table. Usage: npx tsx bench/clone.ts [ROUNDS]
 */
const rounds = Number(process.argv[2] ?? 5);
const shapes = [
  { title: '1,000 files of 2 KB', count: 1000, bytes: 2000 },
  { title: '50 files of 2 MB', count: 50, bytes: 2_000_000 },
] as const;

interface Measured {
  readonly ms: number;
  /** Peak of resident memory in KiB; of ours what the fetch added to the idle process. */
  readonly kib: number;
}

const Report = z.object({ ms: z.number(), before: z.number(), peak: z.number() });

/** The two ways to fetch one repository. */
interface Contest {
  readonly url: string;
  readonly access: object;
  readonly gitEnvironment: Record<string, string>;
}

for (const shape of shapes) await measureShape(shape);

async function measureShape({ title, count, bytes }: (typeof shapes)[number]): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  await chmod(root, 0o755);
  const copy = await createWorkingCopy(root, 'repo');
  await mkdir(join(root, 'work/files'));
  for (let at = 0; at < count; at++) {
    const file = join(root, 'work/files', `${at}.yaml`);
    // Half of it can be compressed, as in manifests.
    const text = randomBytes(bytes / 4).toString('hex') + 'x'.repeat(bytes / 2);
    await writeFile(file, bytes > 100_000 ? randomBytes(bytes) : text);
  }
  await copy.commit({});
  const { ca, certificate, key } = await createServingCertificate();
  const https = await startGitServer({ root: copy.served, tls: { key, cert: certificate } });
  const identity = newKey();
  const ssh = await startSshServer({ authorized: [identity.public] });
  try {
    for (const [way, contest] of [
      ['https', await overHttps(root, `${https.url}/repo.git`, ca)],
      ['ssh', await overSsh(root, ssh, identity.private, join(copy.served, 'repo.git'))],
    ] as const) {
      await compare(`${title}, ${way}`, contest, root);
    }
  } finally {
    await https.close();
    await ssh.close();
    await rm(root, { recursive: true, force: true });
  }
}

async function overHttps(root: string, url: string, ca: string): Promise<Contest> {
  const file = join(root, 'ca.pem');
  await writeFile(file, ca);
  return { url, access: { url, tls: { ca } }, gitEnvironment: { GIT_SSL_CAINFO: file } };
}

async function overSsh(
  root: string,
  server: SshServer,
  identity: string,
  path: string,
): Promise<Contest> {
  const { user: username, knownHosts } = server;
  const [key, hosts] = [join(root, 'id'), join(root, 'known_hosts')];
  await writeFile(key, identity, { mode: 0o600 });
  await writeFile(hosts, knownHosts);
  const options = `-F none -i ${key} -o IdentitiesOnly=yes -o UserKnownHostsFile=${hosts}`;
  const ssh = { username, identity, knownHosts, title: 'key' };
  const url = server.url(path);
  return { url, access: { url, ssh }, gitEnvironment: { GIT_SSH_COMMAND: `ssh ${options}` } };
}

async function compare(title: string, contest: Contest, root: string): Promise<void> {
  const [git, ours]: [Measured[], Measured[]] = [[], []];
  // By turns, so that whatever else the machine does falls on both.
  for (let round = 0; round < rounds; round++) {
    git.push(await runGit(contest, join(root, `clone-${round}`)));
    ours.push(await runOurs(contest));
  }
  for (const [name, rows] of [
    ['git clone --depth 1', git],
    ['ours', ours],
  ] as const) {
    const seconds = middle(rows.map(({ ms }) => ms)) / 1000;
    const mebibytes = middle(rows.map(({ kib }) => kib)) / 1024;
    const cells = [title.padEnd(28), name.padEnd(20), `${seconds.toFixed(2)} s`.padStart(8)];
    process.stdout.write(`${cells.join('  ')}  ${mebibytes.toFixed(0).padStart(5)} MiB\n`);
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function runGit({ url, gitEnvironment }: Contest, target: string): Promise<Measured> {
  const env = { PATH: process.env['PATH'], HOME: tmpdir(), GIT_CONFIG_NOSYSTEM: '1' };
  const begun = Date.now();
  const child = spawn('git', ['clone', '--quiet', '--depth', '1', url, target], {
    env: { ...env, ...gitEnvironment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let kib = 0;
  const sampler = setInterval(() => {
    void memoryOf(child.pid ?? 0).then((now) => (kib = Math.max(kib, now)));
  }, 10);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(sampler);
  if (code !== 0) throw new Error(`git clone ended with ${String(code)}`);
  const ms = Date.now() - begun;
  await rm(target, { recursive: true, force: true });
  return { ms, kib };
}

/** Resident memory of a process and of all it started. */
async function memoryOf(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const below = children.split(' ').filter((text) => text.trim() !== '');
    const sizes = await Promise.all(below.map((child) => memoryOf(Number(child))));
    const own = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
    return sizes.reduce((sum, size) => sum + size, own);
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

async function runOurs({ access }: Contest): Promise<Measured> {
  const script = fileURLToPath(new URL('fetch-once.ts', import.meta.url));
  const args = ['--import', 'tsx', script, JSON.stringify(access)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    told += chunk.toString('utf8');
  });
  await new Promise((resolve) => child.once('close', resolve));
  const { ms, before, peak } = Report.parse(JSON.parse(told));
  return { ms, kib: peak - before };
}
