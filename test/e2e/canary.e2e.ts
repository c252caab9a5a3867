import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { conditionOf, gitRepository, kustomization } from '../support/cluster.ts';
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

async function filesHolding(
  directory: string,
  words: readonly string[],
  skip?: RegExp,
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || skip?.test(file)) continue;
    // Builds of other tests come and go meanwhile.
    const text = (await readFile(file).catch(() => Buffer.alloc(0))).toString('latin1');
    if (words.some((each) => text.includes(each))) found.push(file);
  }
  return found;
}

test('a secret value is found nowhere but in the cluster and in the private caches', async () => {
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
