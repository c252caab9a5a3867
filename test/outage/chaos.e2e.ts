import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultNames } from '../chaos/faults/names.ts';
import { openInstallation } from '../chaos/installation.ts';
import { playRound } from '../chaos/round.ts';
import { scenarioOf } from '../chaos/scenario.ts';
import { lockedSecrets } from '../chaos/secrets.ts';
import type { Installation } from '../chaos/sites.ts';

/** A few runs of `npm run chaos`; their seeds are fixed, so that a failure can be played again. */
const seeds = [1, 2, 3];
let installation: Installation;

beforeAll(async () => {
  installation = await openInstallation();
});

afterAll(async () => {
  await installation.stop();
});

test('random changes under random faults leave everything as Git has it, and no status untrue', async () => {
  const scenarios = seeds.map((seed) => scenarioOf(seed, faultNames));
  const locked = await lockedSecrets(installation.canary);
  const { results } = await playRound(installation, scenarios, locked);
  expect(results.map(({ seed }) => seed)).toEqual(seeds);
  expect(results.filter(({ violations }) => violations.length > 0)).toEqual([]);
});
