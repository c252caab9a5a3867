import { z } from 'zod';
import { serviceSettings } from '../service-settings.ts';
import { flag, selector } from '../setting-values.ts';

/** What a bridge can be told by its environment or its command line. */
export const BridgeSettings = z.object({
  ...serviceSettings,
  SLUICE_WATCH_LABEL_SELECTOR: selector
    .optional()
    .describe('labels of the objects of this shard; all objects where absent'),
  SLUICE_WATCH_CONFIGS_LABEL_SELECTOR: selector
    .default('reconcile.fluxcd.io/watch=Enabled')
    .describe('labels of the ConfigMaps and Secrets that wake those who use them'),
  SLUICE_WATCH_ALL_NAMESPACES: flag(true).describe(
    'false watches the namespace of the service alone',
  ),
});
export type BridgeSettings = z.infer<typeof BridgeSettings>;
