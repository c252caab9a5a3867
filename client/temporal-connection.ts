import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';

/** How Temporal is reached, as its clients and workers take it. */
export type TemporalConnection = ClientConnectConfig['connectionOptions'];

/**
 * The options of a connection to an address; TLS, certificates, API key and metadata come from Temporal's standard variables in the
 * environment, `TEMPORAL_TLS…`, `TEMPORAL_API_KEY` and `TEMPORAL_GRPC_META_…`. Raises an Error that names a file that can not be read.
 */
export function temporalConnection(address: string): TemporalConnection {
  const { connectionOptions } = loadConfig();
  return { ...connectionOptions, address };
}

function loadConfig(): ClientConnectConfig {
  try {
    // A profile in the home directory would lead a service somewhere that its own settings do not tell of.
    return loadClientConnectConfig({ disableFile: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`wrong settings: TEMPORAL_TLS…: ${message}`, { cause: error });
  }
}
