/** The API's page at /docs, which documents the routes and lets people try them. */
import { readFileSync } from 'node:fs';
import { readWav, snr } from './support/audio.ts';
import { enhanceNatively } from './support/enhancer.ts';
import { expect, test } from './support/fixtures.ts';
import { NOISY } from './support/paths.ts';

test('an upload can be tried at /docs, with files of the server only', async ({
  page,
  enhancer,
}) => {
  const strangers: string[] = [];
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(enhancer)) {
      strangers.push(request.url());
    }
  });
  await page.goto(`${enhancer}/docs/`);
  const enhance = page.locator('#operations-Enhancement-enhance');
  await enhance
    .getByRole('button', { name: /post.*enhance/i })
    .first()
    .click();
  await enhance.getByRole('button', { name: 'Try it out' }).click();
  // The form sends only fields that were filled in.
  await expect(enhance.getByLabel('Request content type')).toHaveValue('multipart/form-data');
  await enhance.locator('[data-property-name="attenuation_limit"] input[type=text]').fill('12');
  const noisy = enhanceNatively(NOISY, 'wav', '--mix', '0');
  await enhance
    .locator('input[type=file]')
    .setInputFiles({ name: 'noisy.wav', mimeType: 'audio/wav', buffer: noisy });
  await enhance.getByRole('button', { name: 'Execute' }).click();
  const answer = enhance.locator('.live-responses-table');
  await expect(answer.locator('.response-col_status').last()).toContainText('200');
  const saving = page.waitForEvent('download');
  await answer.getByText('Download file').click();
  const result = readWav(readFileSync(await (await saving).path()));
  const expected = readWav(enhanceNatively(NOISY, 'wav', '--attenuation-limit', '12'));
  expect(snr(expected.samples, result.samples)).toBeGreaterThan(80);
  expect(strangers).toEqual([]);
});
