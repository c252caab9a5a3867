import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitAccess } from '../activities/fetch/git-credentials.ts';
import { fetchCommit, lookUp } from '../activities/fetch/git.ts';
import { plainPolicy } from '../test/support/git-remote.ts';

/** Fetches a branch and reads all files of it, in a process of its own, so that its memory can be told; the access is the argument. */
const access = JSON.parse(process.argv[2] ?? '{}') as Omit<GitAccess, 'policy'>;
const remote = { access: { ...access, policy: plainPolicy }, timeoutMs: 300_000 };
const directory = await mkdtemp(join(tmpdir(), 'sluice-fetch-'));
const before = process.resourceUsage().maxRSS;
const begun = Date.now();
const target = await lookUp(remote, { branch: 'main' });
const { files } = await fetchCommit(remote, target, directory);
let bytes = 0;
for (const file of files) bytes += (await file.read()).length;
const ms = Date.now() - begun;
const peak = process.resourceUsage().maxRSS;
await rm(directory, { recursive: true, force: true });
process.stdout.write(JSON.stringify({ ms, bytes, before, peak }));
