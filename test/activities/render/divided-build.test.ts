import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runBuild } from '../../../activities/render/divided-build.ts';
import { runKustomize } from '../../../activities/render/kustomize.ts';
import { resolveTool, SILENT } from '../../../deploy/dev/index.ts';
import { configMap } from '../../support/manifests.ts';
import { ownDirectories } from '../../support/own-directories.ts';

const kustomize = await resolveTool('kustomize', SILENT);
const directoryWith = ownDirectories();

type Files = Readonly<Record<string, string>>;

/** What the whole and the parts give: the documents in one order, or the message; and of how many parts it was made. */
async function bothOf(
  files: Files,
  fields: object = {},
): Promise<{ whole: unknown; divided: unknown; parts: number }> {
  const directory = await directoryWith(files);
  const workDir = await directoryWith({});
  const content = { resources: Object.keys(files), ...fields };
  await writeFile(join(directory, 'kustomization.yaml'), JSON.stringify(content));
  const build = { root: directory, directory, remote: false, content };
  const whole = await told(runKustomize(kustomize, build, join(workDir, 'home')));
  const divided = await told(runBuild(kustomize, build, workDir, 2));
  const parts = await readdir(join(workDir, 'parts')).catch(() => []);
  return { whole, divided, parts: parts.length };
}

async function told(output: Promise<string>): Promise<unknown> {
  try {
    return (await output).split(/^---\n/m).sort();
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

const binding = (kind: string, account: string, namespace?: string): string =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata:\n  name: b-${account}\n` +
  `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }\n` +
  `subjects:\n- kind: ServiceAccount\n  name: ${account}\n${namespace ? `  namespace: ${namespace}\n` : ''}`;
const named = (apiVersion: string, kind: string, name: string, rest = ''): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n${rest}`;
const hook = (service: string): string =>
  named('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'hook') +
  `webhooks:\n- name: a.example.com\n  clientConfig:\n    service: { name: ${service}, namespace: old }\n`;

const names = fc.oneof(
  fc.constantFrom('default', '"1"', 'same'),
  fc.integer({ min: 0, max: 40 }).map((at) => `n-${at}`),
);
const namespaces = fc.constantFrom('', '  namespace: old\n', '  namespace: other\n');
const document = fc.oneof(
  { weight: 6, arbitrary: names.map((name) => configMap(name.replaceAll('"', 'q'))) },
  fc.tuple(names, namespaces).map(([name, space]) => named('v1', 'ServiceAccount', name, space)),
  fc.tuple(names, namespaces).map(([name, space]) => named('v1', 'Service', name, space)),
  fc.tuple(names, namespaces).map(([name, space]) => named('v1', 'Secret', name, space)),
  names.map((name) => binding('RoleBinding', name, 'old')),
  names.map((name) => binding('ClusterRoleBinding', name)),
  names.map(hook),
  fc.tuple(names, namespaces).map(([name, space]) => named('v1', 'Namespace', name, space)),
  names.map((name) => named('apps/v1', 'Deployment', name, 'spec: { template: {} }\n')),
  fc.constantFrom('# nothing\n', '# nothing\n', 'kind: ConfigMap\n'),
  names.map((name) => named('v1', 'ConfigMap', `list-${name}`, 'data:\n  text: |\n    line\n')),
);
const file = fc.record({
  documents: fc.array(document, { minLength: 1, maxLength: 6 }),
  separator: fc.constantFrom('---\n', '--- # note\n', '---   \n', '---\r\n'),
  begin: fc.constantFrom('', '---\n'),
  cut: fc.boolean(),
});
const fields = fc.record(
  {
    namespace: fc.constantFrom('new', 'old'),
    labels: fc.constant([{ pairs: { team: 'x' }, includeSelectors: true }]),
    commonAnnotations: fc.constant({ note: 'x' }),
    images: fc.constant([{ name: 'nginx', newTag: '2' }]),
  },
  { requiredKeys: [] },
);

test('parts give what the whole gives, and fail as it does', async () => {
  let divided = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 3 }), fields, async (made, own) => {
      const texts = made.map(({ documents, separator, begin, cut }) => {
        const text = begin + documents.join(separator);
        return cut ? text.replace(/\n$/, '') : text;
      });
      const files = Object.fromEntries(texts.map((text, at) => [`f${at}.yaml`, text]));
      const both = await bothOf(files, own);
      expect(both.divided).toEqual(both.whole);
      if (both.parts > 0 && Array.isArray(both.whole)) divided += 1;
    }),
    { numRuns: 60 },
  );
  expect(divided).toBeGreaterThan(10);
}, 120_000);

const nine = (letter: string): string =>
  Array.from({ length: 9 }, (_, at) => configMap(`${letter}${at}`)).join('---\n');
const many = nine('m');

test('a reference to the namespace of another object is kept to its part', async () => {
  const account = named('v1', 'ServiceAccount', 'robot', '  namespace: old\n');
  const service = named('v1', 'Service', 'api', '  namespace: old\n');
  const files = {
    'a.yaml': [account, many, service].join('---\n'),
    'b.yaml': [binding('ClusterRoleBinding', 'robot', 'old'), nine('n'), hook('api')].join('---\n'),
  };
  const { whole, divided, parts } = await bothOf(files, { namespace: 'new' });
  expect(parts).toBe(10);
  expect(divided).toEqual(whole);
  expect(JSON.stringify(divided)).toMatch(/robot\\n {2}namespace: new/);
});

test('what is twice in different parts fails as in one', async () => {
  const { whole, divided, parts } = await bothOf({ 'a.yaml': `${many}---\n${configMap('m0')}` });
  expect(parts).toBe(5);
  expect(divided).toEqual(whole);
  expect(divided).toContain('already registered id');
});

test.each([
  ['a prefix', { namePrefix: 'x-' }],
  ['patches', { patches: [{ target: { kind: 'ConfigMap' }, patch: '[]' }] }],
  ['generators', { configMapGenerator: [{ name: 'g', literals: ['a=b'] }] }],
  ['a component', { kind: 'Component', apiVersion: 'kustomize.config.k8s.io/v1alpha1' }],
])('%s keeps it whole', async (_, own) => {
  const { whole, divided, parts } = await bothOf({ 'a.yaml': many }, own);
  expect(parts).toBe(0);
  expect(divided).toEqual(whole);
});

test.each([
  ['a List', `apiVersion: v1\nkind: List\nitems: []\n`],
  [
    'a local object',
    named('v1', 'ConfigMap', 'l', "  annotations: { config.kubernetes.io/local-config: 'true' }\n"),
  ],
  ['JSON', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"j"}}\n'],
  ['a kind that is no line', 'apiVersion: v1\n? kind\n: ConfigMap\nmetadata: { name: q }\n'],
  ['another line break', 'apiVersion: v1\nkind: ConfigMap\u2028metadata: { name: q }\n'],
  ['a directive', '%YAML 1.1\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: q }\n'],
])('%s keeps it whole', async (_, text) => {
  const { whole, divided, parts } = await bothOf({ 'a.yaml': many, 'b.yaml': text });
  expect(parts).toBe(0);
  expect(divided).toEqual(whole);
});
