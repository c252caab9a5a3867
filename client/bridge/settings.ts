import { z } from 'zod';
import type { CertificateFiles } from '../receiver/certificate.ts';
import { serviceSettings } from '../service-settings.ts';
import { flag, listenAddress, selector, whole } from '../setting-values.ts';

/** What a bridge can be told by its environment or its command line. */
export const BridgeSettings = z.object({
  ...serviceSettings,
  // Beside a worker on the same machine its own addresses are free.
  SLUICE_METRICS_ADDR: listenAddress
    .default(':8081')
    .describe('where /metrics is served; 0: nowhere'),
  SLUICE_HEALTH_ADDR: listenAddress
    .default(':9441')
    .describe('where /healthz and /readyz are served; 0: nowhere'),
  SLUICE_RECEIVER_ADDR: listenAddress
    .default(':9292')
    .describe('where the webhooks of Receivers are taken; 0: nowhere')
    .meta({ also: '--receiverAddr' }),
  SLUICE_RECEIVER_CERT_FILE: z
    .string()
    .optional()
    .describe('certificate of that address as PEM; HTTP where absent'),
  SLUICE_RECEIVER_KEY_FILE: z.string().optional().describe('its key as PEM'),
  SLUICE_RECEIVER_RATE_LIMIT: whole(200, 1).describe(
    'requests a second that the path of a Receiver takes; twice as many at once',
  ),
  SLUICE_NO_CROSS_NAMESPACE_REFS: flag(false).describe(
    'keep Receivers from waking objects of other namespaces',
  ),
  SLUICE_WATCH_LABEL_SELECTOR: selector
    .optional()
    .describe('labels of the objects of this shard; all objects where absent'),
  SLUICE_WATCH_CONFIGS_LABEL_SELECTOR: selector
    .default('reconcile.fluxcd.io/watch=Enabled')
    .describe('labels of the ConfigMaps and Secrets that wake those who use them'),
  SLUICE_DRIFT_WATCH: flag(true).describe('correct changes of others at once, not at the interval'),
  SLUICE_INSECURE_KUBECONFIG_TLS: flag(false).describe(
    'let kubeconfigs of users turn the verification of certificates off',
  ),
  SLUICE_DEFAULT_KUBECONFIG_SERVICE_ACCOUNT: z
    .string()
    .optional()
    .describe('service account of ConfigMaps of remote clusters that name none'),
  SLUICE_WATCH_ALL_NAMESPACES: flag(true).describe(
    'false watches the namespace of the service alone',
  ),
});
export type BridgeSettings = z.infer<typeof BridgeSettings>;

/** The certificate of the address of the receivers; nothing where none is named. Raises an Error where one of its two files is missing. */
export function certificateOf({
  SLUICE_RECEIVER_CERT_FILE: certFile,
  SLUICE_RECEIVER_KEY_FILE: keyFile,
}: BridgeSettings): CertificateFiles | undefined {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (certFile === undefined && keyFile === undefined) return undefined;
  throw new Error('--receiver-cert-file and --receiver-key-file go together: set both or none');
}
