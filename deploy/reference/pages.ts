import { commandsPage } from './commands-page.ts';
import { conditionsPage } from './conditions-page.ts';
import { fieldsPages } from './fields-page.ts';
import type { Page } from './markdown.ts';
import { metricsPage } from './metrics-page.ts';
import { namesPage } from './names-page.ts';
import { settingsPage } from './settings-page.ts';
import { temporalPage } from './temporal-page.ts';

/** All pages of the reference. */
export function pages(): Page[] {
  return [
    commandsPage(),
    settingsPage(),
    ...fieldsPages(),
    conditionsPage(),
    namesPage(),
    metricsPage(),
    temporalPage(),
  ];
}
