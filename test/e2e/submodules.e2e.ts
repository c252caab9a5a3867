import { createServer } from 'node:http';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startGitServer } from '../../deploy/dev/git-server.ts';
import { createWorkingCopy } from '../../deploy/dev/working-copy.ts';
import { artifactOf } from '../support/artifacts.ts';
import { conditionOf, gitRepository } from '../support/cluster.ts';
import { directoryWith } from '../support/files.ts';
import { sourceWaits } from '../support/source-waits.ts';
import { openSpace } from '../support/space.ts';

const { space } = await openSpace();
const { untilReason, untilChanged } = sourceWaits(space);

/** A repository with a submodule that has one itself, all on one server that wants credentials. */
async function nested(authorization: string): Promise<{
  url: string;
  copy: Awaited<ReturnType<typeof createWorkingCopy>>;
  close: () => Promise<void>;
}> {
  const root = await directoryWith({});
  const copies = {
    deep: await createWorkingCopy(join(root, 'deep'), 'deep'),
    lib: await createWorkingCopy(join(root, 'lib'), 'lib'),
  };
  await copies.deep.commit({ 'deep.yaml': 'deep' });
  await copies.lib.commit({ 'lib.yaml': 'lib', '.gitmodules': '' });
  const top = await createWorkingCopy(join(root, 'top'), 'repo');
  const add = async (copy: typeof top, bare: string, url: string, path: string): Promise<void> => {
    await copy.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', bare, path);
    await copy.git('config', '-f', '.gitmodules', `submodule.${path}.url`, url);
    await copy.commit({});
  };
  await add(copies.lib, join(copies.deep.served, 'deep.git'), '../deep.git', 'nested/deep');
  await top.commit({ 'top.yaml': 'top' });
  await add(top, join(copies.lib.served, 'lib.git'), './../lib.git', 'libs/lib');
  for (const [name, copy] of Object.entries(copies)) {
    await top.git(
      'clone',
      '--quiet',
      '--bare',
      join(copy.served, `${name}.git`),
      join(top.served, `${name}.git`),
    );
  }
  const server = await startGitServer({ root: top.served, authorization });
  const close = async (): Promise<void> => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  };
  return { url: `${server.url}/repo.git`, copy: top, close };
}

test('submodules are fetched with the credentials of the source, and these go nowhere else', async () => {
  const { url, copy, close } = await nested(
    `Basic ${Buffer.from('ann:secret').toString('base64')}`,
  );
  const seen: (string | undefined)[] = [];
  const stranger = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  try {
    const stringData = { username: 'ann', password: 'secret' };
    await space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ann' }, stringData });
    const secretRef = { name: 'ann' };
    await space.apply(gitRepository('modules', url, { interval: '1h', secretRef }));
    const without = await space.untilReady('GitRepository', 'modules');
    expect(await artifactOf(without)).toEqual({ 'top.yaml': 'top' });
    await space.patch('GitRepository', 'modules', { spec: { recurseSubmodules: true } });
    const all = await untilChanged('modules', without);
    expect(await artifactOf(all)).toEqual({
      'libs/lib/lib.yaml': 'lib',
      'libs/lib/nested/deep/deep.yaml': 'deep',
      'top.yaml': 'top',
    });
    expect(all.status['observedRecurseSubmodules']).toBe(true);

    const address = stranger.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const steer = async (to: string): Promise<void> => {
      await copy.git('config', '-f', '.gitmodules', 'submodule.libs/lib.url', to);
      await copy.commit({});
      await space.signal('GitRepository', 'modules');
    };
    await steer(`http://127.0.0.1:${port}/x.git`);
    await untilReason('modules', 'GitOperationFailed');
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((authorization) => authorization !== undefined)).toEqual([]);
    await steer('file:///etc');
    const refused = await space.until('GitRepository', 'modules', (row) =>
      (conditionOf(row, 'Ready')?.message ?? '').includes('submodule "libs/lib"'),
    );
    expect(refused.status.artifact).toEqual(all.status.artifact);
  } finally {
    stranger.close();
    await close();
  }
});
