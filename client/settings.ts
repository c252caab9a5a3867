import { z } from 'zod';

/** Where Temporal listens unless something else is said. */
export const defaultTemporalAddress = '127.0.0.1:7233';

/** Where the clients of Temporal, of the cluster and of registries connect to, and as whom. */
export const ClientSettings = z.object({
  TEMPORAL_ADDRESS: z.string().optional(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_UI_URL: z.string().optional(),
  KUBECONFIG: z.string().optional(),
  DOCKER_CONFIG: z.string().optional(),
  /** Password or token for the repository of a bootstrap. */
  GIT_PASSWORD: z.string().min(1).optional(),
});
export type ClientSettings = z.infer<typeof ClientSettings>;

/** Reads the settings from the environment. */
export function readClientSettings(environment: NodeJS.ProcessEnv): ClientSettings {
  return ClientSettings.parse(environment);
}
