import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, inject, onTestFinished, test } from 'vitest';
import { conditionOf, gitRepository, kustomization } from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { directoryWith, filesHolding } from '../support/files.ts';
import { configMap } from '../support/manifests.ts';
import { ageKeys, encrypt, encryptedSecret } from '../support/sops.ts';
import { openSpace } from '../support/space.ts';

const word = 'canary-5f1c9b7e';
const encoded = Buffer.from(word).toString('base64');
const password = `${word}-password`;

const basic = Buffer.from(`ann:${password}`).toString('base64');
const { space, repository } = await openSpace({ authorization: `Basic ${basic}` });

const secret = (name: string, fields: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\n${fields}\n`;

/** Files of a directory, below it too, that hold the word or its base64 form. */
function filesWithWord(directory: string, skip: RegExp): Promise<string[]> {
  return filesHolding(directory, [word, encoded.slice(0, 18)], skip);
}

test('what fails about a secret value is told without it', async () => {
  await repository.commit({
    'good/a.yaml': secret('rendered', `stringData: { token: ${word} }`),
    // The type is refused by the API server, whose message may quote the object.
    'bad/a.yaml': secret('failing', `type: kubernetes.io/tls\nstringData: { "${word}": ${word} }`),
    'worse/a.yaml': secret('undecodable', `data: { token: "${word}!" }`),
    'cut/a.yaml': `${secret('cut', `stringData: { token: ${word} }`)}  : [`,
    'plain/a.yaml': configMap('plain'),
    'decrypted/a.yaml': await encryptedSecret('decrypted', { token: word }),
    // Decrypted into an object whose values are told in general, and which the API server refuses with a quotation.
    'refused/a.yaml': await encrypt(
      `apiVersion: v1\nkind: Service\nmetadata: { name: refused }\nspec: { ports: [{ port: 80, protocol: ${word} }] }\n`,
      'yaml',
      '^protocol$',
    ),
  });
  const put = (name: string, stringData: Record<string, string>): Promise<unknown> =>
    space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
  await put('credentials', { username: 'ann', password });
  await put('keys', { 'identity.agekey': `# ${word}\n${ageKeys.identity}` });
  await space.apply(gitRepository('repo', repository.url, { secretRef: { name: 'credentials' } }));
  for (const name of ['good', 'bad', 'worse', 'cut', 'plain']) {
    await space.apply(kustomization(name, 'repo', { path: name, targetNamespace: space.name }));
  }
  for (const name of ['decrypted', 'refused']) {
    const decryption = { provider: 'sops', secretRef: { name: 'keys' } };
    const spec = { path: name, targetNamespace: space.name, decryption };
    await space.apply(kustomization(name, 'repo', spec));
  }
  for (const name of ['good', 'plain', 'decrypted']) await space.untilReady('Kustomization', name);
  for (const name of ['bad', 'worse', 'cut', 'refused']) {
    const row = await space.untilReady('Kustomization', name, 'False');
    expect(conditionOf(row, 'Ready')?.message, name).not.toContain(word);
    expect(JSON.stringify([row, await space.events(name)]), name).not.toContain(word);
  }
  for (const name of ['rendered', 'decrypted']) {
    expect((await space.get('Secret', name))?.['data']).toEqual({ token: encoded });
  }
});

test('a drift, a preview and an approval of deletions tell no secret value', async () => {
  const sluice = commandLine(space.name);
  const byHand = Buffer.from(`${word}-by-hand`).toString('base64');
  await space.patch('Secret', 'rendered', { data: { token: byHand } });
  await space.until('Secret', 'rendered', (row) =>
    isDeepStrictEqual(row['data'], { token: encoded }),
  );
  const root = await directoryWith({
    'good/a.yaml': secret('rendered', `stringData: { token: ${word}-2 }`),
  });
  onTestFinished(() => rm(root, { recursive: true }));
  const [history, diff] = await Promise.all([
    sluice('history', 'ks', 'good', '-o', 'json'),
    sluice('diff', 'ks', 'good', '--path', join(root, 'good')),
  ]);
  expect(history.stdout).toContain(`Secret/${space.name}/rendered`);
  expect(diff.stdout).toContain('*****');
  const parts = ['one', 'two', 'three'].map((name) => [
    `parked/${name}.yaml`,
    secret(name, `stringData: { token: ${word} }`),
  ]);
  await repository.commit(Object.fromEntries(parts) as Record<string, string>);
  await space.signal('GitRepository', 'repo');
  const parked = kustomization('parked', 'repo', { path: 'parked', targetNamespace: space.name });
  const annotations = { 'sluice.dev/max-deletions': '1' };
  await space.apply({ ...parked, metadata: { ...parked.metadata, annotations } });
  await space.untilReady('Kustomization', 'parked');
  await repository.commit({ 'parked/one.yaml': undefined, 'parked/two.yaml': undefined });
  await space.signal('GitRepository', 'repo');
  await space.untilReady('Kustomization', 'parked', 'False');
  const approved = await sluice('approve', 'ks', 'parked', '--yes');
  expect(approved.stdout).toContain(`Secret/${space.name}/one`);
  await space.untilGone('Secret', 'one');
  const told = JSON.stringify([history, diff, approved, await space.events('parked')]);
  expect([word, encoded, byHand].filter((text) => told.includes(text))).toEqual([]);
});

test('a secret value is found nowhere but in the cluster and in the private caches', async () => {
  const stack = await filesWithWord(inject('stackDir'), /\/etcd\//);
  expect(stack).toEqual([]);
  const services = await filesWithWord(inject('serviceDir'), /worker-cache/);
  expect(services).toEqual([]);
  // The private key itself is in no file at all.
  const keys = await filesHolding(inject('serviceDir'), [ageKeys.identity]);
  expect(keys).toEqual([]);
});

test('the search itself would find it', async () => {
  const files = await readdir(inject('stackDir'));
  expect(files).toContain('temporal.db');
  const database = (await readFile(join(inject('stackDir'), 'temporal.db'))).toString('latin1');
  const log = await readFile(join(inject('stackDir'), 'temporal.db-wal')).catch(() => '');
  // What went through Temporal in clear text is found in these files, so an absent word is absent.
  expect(`${database}${log.toString('latin1' as never)}`).toContain(space.name);
});
