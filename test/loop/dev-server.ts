import { spawn } from 'node:child_process';
import { Client, Connection } from '@temporalio/client';
import { resolveTool } from '../../deploy/dev/index.ts';
import { SEARCH_ATTRIBUTES } from '../../deploy/dev/stack/parts.ts';
import { freePort } from '../../deploy/dev/stack/ports.ts';
import { minimalEnvironment } from '../../deploy/dev/toolchain/environment.ts';

/** A Temporal server of its own, with the project's search attributes. */
export interface DevServer {
  readonly address: string;
  readonly client: Client;
  stop(): Promise<void>;
}

/** Starts a server; its data are in memory and end with it. */
export async function startDevServer(): Promise<DevServer> {
  const [temporal, port] = await Promise.all([resolveTool('temporal'), freePort()]);
  const child = spawn(
    temporal,
    [
      ...['server', 'start-dev', '--headless', '--disable-config-file', '--disable-config-env'],
      ...['--ip=127.0.0.1', `--port=${port}`, '--log-level=error'],
      ...SEARCH_ATTRIBUTES.map((name) => `--search-attribute=${name}=Keyword`),
    ],
    { env: minimalEnvironment(), stdio: 'ignore' },
  );
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  const address = `127.0.0.1:${port}`;
  try {
    const connection = await Connection.connect({ address, connectTimeout: '60s' });
    const stop = async (): Promise<void> => {
      await connection.close();
      await end();
    };
    return { address, client: new Client({ connection }), stop };
  } catch (error) {
    await end();
    throw error;
  }
}
