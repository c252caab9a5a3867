import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  difference,
  entryOf,
  isSameInventory,
  refOfEntry,
  union,
  type InventoryEntry,
} from '../../../activities/cluster/inventory.ts';

test.each([
  [
    { apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'podinfo' },
    'default_podinfo__Service',
  ],
  [
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'prod', name: 'api' },
    'prod_api_apps_Deployment',
  ],
  [{ apiVersion: 'v1', kind: 'Namespace', name: 'prod' }, '_prod__Namespace'],
  [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      name: 'system:controller:x',
    },
    '_system__controller__x_rbac.authorization.k8s.io_ClusterRole',
  ],
])('%o is written as Flux writes it and read back', (ref, id) => {
  const { apiVersion, kind, ...metadata } = ref;
  expect(entryOf({ apiVersion, kind, metadata })).toEqual({ id, v: 'v1' });
  expect(refOfEntry({ id, v: 'v1' })).toEqual(ref);
});

test('a malformed id stands for nothing', () => {
  expect(refOfEntry({ id: 'nonsense', v: 'v1' })).toBeUndefined();
});

const inventory = fc.array(
  fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), v: fc.constantFrom('v1', 'v2') }),
);
const ids = (entries: readonly InventoryEntry[]): Set<string> =>
  new Set(entries.map(({ id }) => id));

test('what is in the old and not in the new inventory is stale, and nothing else', () => {
  fc.assert(
    fc.property(inventory, inventory, (old, now) => {
      const stale = ids(difference(old, now));
      expect(stale).toEqual(new Set([...ids(old)].filter((id) => !ids(now).has(id))));
    }),
  );
});

test('the union holds every object once, in the version of the new inventory', () => {
  fc.assert(
    fc.property(inventory, inventory, (old, now) => {
      const both = union(old, now);
      expect(both).toHaveLength(new Set([...ids(old), ...ids(now)]).size);
      for (const entry of union([], now)) expect(both).toContainEqual(entry);
    }),
  );
});

test('inventories in another order are the same', () => {
  fc.assert(
    fc.property(inventory, (entries) => {
      expect(isSameInventory(entries, [...entries].reverse())).toBe(true);
    }),
  );
});
