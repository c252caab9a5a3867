import { expect, test } from 'vitest';
import { attributes, workflowId } from '../../workflows/messages.ts';
import { kustomization, type Manifest, type Row } from '../support/cluster.ts';
import { configMap, deployment } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space } = await openSource({
  'app/cm.yaml': configMap('app', { a: '${a:-none}' }),
  'slow/deployment.yaml': deployment('slow', { image: 'nginx:${a}', pod: 'unready' }),
});
await space.untilReady('GitRepository', 'repo');

const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };

function variables(kind: string, name: string, a: string, watched = true): Manifest {
  const metadata = { name, ...(watched ? { labels } : {}) };
  return { apiVersion: 'v1', kind, metadata, [kind === 'Secret' ? 'stringData' : 'data']: { a } };
}

function app(name: string, kind: string, optional = false): Manifest {
  const postBuild = { substituteFrom: [{ kind, name, optional }], substituteStrategy: 'Always' };
  const at = { path: './app', targetNamespace: space.name, namePrefix: `${name}-` };
  return kustomization(name, 'repo', { ...at, interval: '1h', postBuild });
}

async function applied(name: string, a: string): Promise<void> {
  const isApplied = (found: Row): boolean => (found['data'] as { a: string }).a === a;
  await space.until('ConfigMap', `${name}-app`, isApplied, 20_000);
  await space.untilReady('Kustomization', name);
}

test('a labelled ConfigMap wakes its Kustomization when it comes, changes and goes', async () => {
  await space.apply(app('map', 'ConfigMap', true));
  await space.untilReady('Kustomization', 'map');
  await applied('map', 'none');
  await space.apply(variables('ConfigMap', 'map', 'one'));
  await applied('map', 'one');
  await space.apply(variables('ConfigMap', 'map', 'two'));
  await applied('map', 'two');
  await space.remove('ConfigMap', 'map');
  await applied('map', 'none');
  const id = workflowId('Kustomization', { namespace: space.name, name: 'map' });
  const { typedSearchAttributes } = await space.temporal.workflow.getHandle(id).describe();
  expect(typedSearchAttributes.get(attributes.trigger)).toBe('config');
});

test('a labelled Secret does too, and one without the label does not', async () => {
  await space.apply(variables('Secret', 'hidden', 'one'));
  await space.apply(variables('Secret', 'plain', 'one', false));
  await space.apply(app('hidden', 'Secret'));
  await space.apply(app('plain', 'Secret'));
  await space.untilReady('Kustomization', 'hidden');
  await space.untilReady('Kustomization', 'plain');
  await space.apply(variables('Secret', 'plain', 'two', false));
  await space.apply(variables('Secret', 'hidden', 'two'));
  await applied('hidden', 'two');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect((await space.get('ConfigMap', 'plain-app'))?.['data']).toEqual({ a: 'one' });
});

test('a changed variable ends a health wait', async () => {
  await space.apply(variables('ConfigMap', 'slow', 'one'));
  const postBuild = { substituteFrom: [{ kind: 'ConfigMap', name: 'slow' }] };
  const at = { path: './slow', targetNamespace: space.name };
  await space.apply(
    kustomization('slow', 'repo', { ...at, interval: '1h', timeout: '10m', wait: true, postBuild }),
  );
  await space.until('Deployment', 'slow', () => true);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await space.apply(variables('ConfigMap', 'slow', 'two'));
  const isTwo = ({ spec }: Row): boolean => JSON.stringify(spec).includes('nginx:two');
  await space.until('Deployment', 'slow', isTwo, 20_000);
});
