import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';

/** How Temporal is reached, as its clients and workers take it. */
export type TemporalConnection = ClientConnectConfig['connectionOptions'];

/**
 * The options of a connection to an address; TLS, certificates, API key and metadata come from Temporal's standard variables in the
 * environment, `TEMPORAL_TLS…`, `TEMPORAL_API_KEY` and `TEMPORAL_GRPC_META_…`. Raises an Error that names a file that can not be read.
 */
export function temporalConnection(address: string): TemporalConnection {
  // A profile in the home directory would lead a service somewhere that its own settings do not tell of.
  const { connectionOptions } = loadClientConnectConfig({ disableFile: true });
  return { ...connectionOptions, address };
}
