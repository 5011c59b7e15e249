/** Videos: watched while original and enhanced are compared, and saved as videos. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { violations } from './support/axe.ts';
import { expect, test } from './support/fixtures.ts';
import { choose, drop, open, openRow, row, save, untilDone } from './support/page.ts';
import { makeVideo } from './support/video.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

/** The hashes and times of all packets of the picture. */
function packets(path: string): string {
  const shown = 'packet=pts_time,dts_time,flags,size,data_hash';
  const options = ['-v', 'error', '-select_streams', 'v', '-show_entries', shown];
  const more = ['-show_data_hash', 'md5', '-of', 'csv', path];
  return execFileSync('ffprobe', [...options, ...more]).toString();
}

/** Plays a file in a video element. Returns how far it played, and facts about picture and sound. */
function playedBy(page: Page, bytes: Buffer, type: string) {
  return page.evaluate(
    async ({ base64, type }) => {
      const file = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const video = document.createElement('video');
      video.muted = true;
      video.src = URL.createObjectURL(new Blob([file], { type }));
      await new Promise((resolve, reject) => {
        video.onplaying = resolve;
        video.onerror = () => reject(new Error(video.error?.message));
        void video.play();
      });
      await new Promise<void>((resolve) => {
        video.ontimeupdate = () => video.currentTime > 0.3 && resolve();
      });
      // Also decodes the sound alone, for its length and its level.
      const context = new OfflineAudioContext(1, 1, 48_000);
      const sound = await context.decodeAudioData(file.buffer);
      const peak = sound.getChannelData(0).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const { videoWidth, videoHeight, duration } = video;
      video.remove();
      return { videoWidth, videoHeight, duration, sound: sound.duration, peak };
    },
    { base64: bytes.toString('base64'), type },
  );
}

test('videos are watched, and saved as videos with the same picture', async ({
  page,
  isolated,
}, info) => {
  const kinds = [
    ['talk.mp4', 'MP4', 'video/mp4'],
    ['talk.webm', 'WebM', 'video/webm'],
    ['talk.mkv', 'MKV', 'video/webm'],
  ] as const;
  const paths = kinds.map(([name]) => makeVideo(info.outputPath(name)));
  await open(page, isolated);
  await drop(page, ...paths);
  for (const [name, kind, type] of kinds) {
    await untilDone(page, name);
    await openRow(page, name);
    await expect.poll(() => pictureOf(page)).toMatchObject({ width: 320, height: 180 });
    await expect(row(page, name).locator('.planned')).toContainText(`${kind} video, about`);
    const saved = await save(page, name);
    expect(saved.name).toBe(name.replace('.', '.enhanced.'));
    writeFileSync(info.outputPath(saved.name), saved.bytes);
    expect(packets(info.outputPath(saved.name))).toBe(packets(info.outputPath(name)));
    const played = await playedBy(page, saved.bytes, type);
    expect(played).toMatchObject({ videoWidth: 320, videoHeight: 180 });
    expect(Math.abs(played.sound - 3)).toBeLessThan(0.1);
    expect(played.peak).toBeGreaterThan(0.01);
  }
  expect(await violations(page, '.player')).toEqual([]);
});

test('the picture stays in step with the sound, for every source and after every seek', async ({
  page,
  isolated,
}, info) => {
  await open(page, isolated);
  await choose(page, makeVideo(info.outputPath('talk.webm'), 10));
  await untilDone(page, 'talk.webm');
  await expect.poll(() => pictureOf(page)).toMatchObject({ width: 320 });
  const stands = (at: number) =>
    expect
      .poll(async () => {
        const { shown, heard, paused } = await pictureOf(page);
        return paused && Math.abs(shown - at) < 0.05 && Math.abs(heard - at) < 0.05;
      })
      .toBe(true);
  await page.getByRole('slider', { name: 'Position' }).focus();
  await page.keyboard.press('Shift+ArrowRight');
  await stands(0.5);
  await page.keyboard.press('Space');
  await untilInStep(page);
  let before = 0;
  for (const key of ['1', '2', '3', 'x']) {
    await page.keyboard.press(key);
    await untilInStep(page);
    const { heard } = await pictureOf(page);
    expect(heard).toBeGreaterThan(before);
    before = heard;
  }
  await page.keyboard.press('Home');
  await untilInStep(page);
  expect((await pictureOf(page)).heard).toBeLessThan(before);
  // The picture falls behind, as on a busy machine.
  for (const late of [0.2, 1]) {
    await page.locator('.player video').evaluate((video: HTMLVideoElement, late) => {
      video.currentTime -= late;
    }, late);
    await untilInStep(page);
  }
  // A click on the picture stops picture and sound at the same position.
  await page.locator('.player video').click();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await stands((await pictureOf(page)).heard);
  await page.keyboard.press('Home');
  await stands(0);
  await page.keyboard.press('End');
  // The sample is a little shorter than the picture.
  await stands((await pictureOf(page)).heard);
  expect((await pictureOf(page)).heard).toBeGreaterThan(9);
});

test('a video whose picture the browser cannot show says so, and works otherwise', async ({
  page,
  isolated,
}, info) => {
  const path = makeVideo(info.outputPath('old.mp4'));
  await open(page, isolated);
  await choose(page, path);
  await untilDone(page, 'old.mp4');
  await expect(row(page, 'old.mp4')).toContainText('This browser cannot show the picture');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  const saved = await save(page, 'old.mp4');
  writeFileSync(info.outputPath(saved.name), saved.bytes);
  expect(packets(info.outputPath(saved.name))).toBe(packets(path));
});

/** The time of the shown picture, and the time of the player's playhead. */
function pictureOf(page: Page) {
  return page.locator('.player').evaluate(look);
}

/** Runs in the page. */
function look(player: Element) {
  const video = player.querySelector('video');
  const head = player.querySelector('.player-head');
  const line = player.querySelector('.player-position');
  if (!video || !head || !line) throw new Error('the player is not complete');
  const share = new DOMMatrix(getComputedStyle(head).transform).e / line.clientWidth;
  return {
    width: video.videoWidth,
    height: video.videoHeight,
    shown: video.currentTime,
    heard: share * Number(line.getAttribute('aria-valuemax')),
    paused: video.paused,
  };
}

/** Waits until the player plays and the picture has been in step with the sound for a while. */
async function untilInStep(page: Page): Promise<void> {
  await page.evaluate(`window.look = ${look.toString()}`);
  await page.locator('.player').evaluate(async (player) => {
    const { look } = window as unknown as {
      look: (player: Element) => { shown: number; heard: number; paused: boolean };
    };
    let frames = 0;
    while (frames < 20) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const { shown, heard, paused } = look(player);
      frames = !paused && Math.abs(shown - heard) < 0.12 ? frames + 1 : 0;
    }
  });
}
