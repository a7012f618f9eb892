// Makes a picture of a page small enough for a repository: a page has few colours, and neighbours among
// them look the same. Reads what Chromium writes (8 bits of red, green and blue, maybe alpha) and writes a
// palette (PNG, third edition, §11.2.2).
import assert from 'node:assert/strict'
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const PALETTE_MAX = 256
const TRUECOLOUR = 2
const WITH_ALPHA = 6
const INDEXED = 3

interface Image {
  readonly width: number
  readonly height: number
  /** `0xrrggbb`, line by line. */
  readonly pixels: Uint32Array
}

export function shrinkPng(png: Buffer): Buffer {
  const image = decode(png)
  const colours = new Map<number, number>()
  for (const pixel of image.pixels) colours.set(pixel, (colours.get(pixel) ?? 0) + 1)
  const frequent = [...colours].sort((a, b) => b[1] - a[1]).map(([colour]) => colour)
  const palette = paletteOf(frequent)
  const index = new Map(frequent.map((colour) => [colour, nearest(palette, colour)]))
  const lines = Buffer.alloc(image.height * (image.width + 1))
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      lines[y * (image.width + 1) + 1 + x] = index.get(image.pixels[y * image.width + x]!)!
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(image.width, 0)
  head.writeUInt32BE(image.height, 4)
  head.set([8, INDEXED], 8)
  const colourBytes = palette.flatMap((colour) => channelsOf(colour))
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(colourBytes)),
    chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const channelsOf = (colour: number): [number, number, number] => [
  colour >> 16,
  (colour >> 8) & 255,
  colour & 255,
]

/** Two that nobody tells apart need one place, or the few red dots of a page find none. */
function paletteOf(frequent: readonly number[]): number[] {
  const palette: number[] = []
  for (const colour of frequent) {
    if (palette.length === PALETTE_MAX) break
    if (palette.every((one) => distance(one, colour) > ALIKE)) palette.push(colour)
  }
  return palette
}

const ALIKE = 100

function distance(one: number, other: number): number {
  const [[r, g, b], [red, green, blue]] = [channelsOf(one), channelsOf(other)]
  return (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2
}

function nearest(palette: readonly number[], colour: number): number {
  const distances = palette.map((one) => distance(one, colour))
  return distances.indexOf(Math.min(...distances))
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

function decode(png: Buffer): Image {
  assert.ok(png.subarray(0, 8).equals(SIGNATURE), 'this is no PNG')
  const parts: Buffer[] = []
  let [width, height, channels] = [0, 0, 0]
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const data = png.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') {
      ;[width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)]
      assert.ok(data[8] === 8 && data[12] === 0, '8 bits, not interlaced')
      assert.ok(data[9] === TRUECOLOUR || data[9] === WITH_ALPHA, 'red, green and blue')
      channels = data[9] === TRUECOLOUR ? 3 : 4
    }
    if (type === 'IDAT') parts.push(data)
    at += 12 + length
  }
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), width * channels, channels)
  const pixels = new Uint32Array(width * height)
  for (let at = 0; at < pixels.length; at++) {
    const [red, green, blue] = [0, 1, 2].map((channel) => bytes[at * channels + channel]!)
    pixels[at] = (red! << 16) | (green! << 8) | blue!
  }
  return { width, height, pixels }
}

/** PNG §9.2: every line is told as its difference to its neighbours. */
function unfilter(raw: Buffer, stride: number, channels: number): Buffer {
  const out = Buffer.alloc((raw.length / (stride + 1)) * stride)
  for (let line = 0; line * stride < out.length; line++) {
    const kind = raw[line * (stride + 1)]!
    for (let at = 0; at < stride; at++) {
      const here = line * stride + at
      const left = at < channels ? 0 : out[here - channels]!
      const up = line === 0 ? 0 : out[here - stride]!
      const corner = line === 0 || at < channels ? 0 : out[here - stride - channels]!
      const told = raw[line * (stride + 1) + 1 + at]!
      out[here] = told + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][kind]!
    }
  }
  return out
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [left, up, corner].map((one) => Math.abs(guess - one))
  if (a! <= b! && a! <= c!) return left
  return b! <= c! ? up : corner
}
