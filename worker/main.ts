import { makeTelemetryFilterString, DefaultLogger, Runtime } from '@temporalio/worker';
import { idleOnWorker } from '../client/flux-flags.ts';
import { openService } from '../client/service-settings.ts';
import { bundleWorkflows } from './bundle.ts';
import { createWorker } from './create-worker.ts';
import { WorkerSettings } from './settings.ts';

const { settings, log } = openService(WorkerSettings, idleOnWorker);

Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
    log[level === 'ERROR' ? 'error' : 'warn'](message, { ...meta });
  }),
  telemetryOptions: {
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
  },
});

const assembled = await createWorker(settings, await bundleWorkflows(), { log });
log.info('worker runs', { artifactPort: assembled.artifactPort });
await assembled.worker.run();
await assembled.close();
