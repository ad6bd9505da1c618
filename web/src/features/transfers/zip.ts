/**
 * Many files as one download, for browsers that cannot write into a folder: a ZIP archive without
 * compression, which is made of slices of what is on disk and so takes no memory. Sizes and offsets are
 * always in the 64-bit form (APPNOTE 6.3, 4.5.3), times are left out.
 */
import { crc32 } from './protocol/journal'

export interface ZipEntry {
  /** Parts separated by `/`; one that ends with it is a folder. */
  path: string
  data: Blob
}

const VERSION_ZIP64 = 45
/** File names are UTF-8. */
const FLAGS = 0x0800
/** 1980-01-01, the first day the format has. */
const DATE = 0x0021
const IN_ZIP64 = 0xffffffff

class Writer {
  readonly #view: DataView<ArrayBuffer>
  #at = 0

  constructor(sizeBytes: number) {
    this.#view = new DataView(new ArrayBuffer(sizeBytes))
  }
  u16(...values: number[]): this {
    for (const value of values) {
      this.#view.setUint16(this.#at, value, true)
      this.#at += 2
    }
    return this
  }
  u32(...values: number[]): this {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true)
      this.#at += 4
    }
    return this
  }
  u64(...values: number[]): this {
    for (const value of values) {
      this.#view.setBigUint64(this.#at, BigInt(value), true)
      this.#at += 8
    }
    return this
  }
  get bytes(): ArrayBuffer {
    return this.#view.buffer
  }
}

interface Placed {
  name: Uint8Array<ArrayBuffer>
  sizeBytes: number
  crc: number
  offset: number
}

export async function zip(entries: readonly ZipEntry[]): Promise<Blob> {
  const parts: BlobPart[] = []
  const placed: Placed[] = []
  let offset = 0
  for (const { path, data } of entries) {
    const entry = {
      name: new TextEncoder().encode(path),
      sizeBytes: data.size,
      crc: await crcOf(data),
      offset,
    }
    const head = localHead(entry)
    parts.push(head, entry.name, localExtra(entry), data)
    offset += head.byteLength + entry.name.length + EXTRA_LOCAL_BYTES + data.size
    placed.push(entry)
  }
  const directory = placed.flatMap((entry) => [centralHead(entry), entry.name, centralExtra(entry)])
  const directoryBytes = directory.reduce((sum, { byteLength }) => sum + byteLength, 0)
  return new Blob([...parts, ...directory, end(placed.length, directoryBytes, offset)], {
    type: 'application/zip',
  })
}

async function crcOf(data: Blob): Promise<number> {
  let crc = 0
  const reader = data.stream().getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) crc = crc32(read.value, crc)
  return crc
}

const EXTRA_LOCAL_BYTES = 20
const EXTRA_CENTRAL_BYTES = 28

function localHead({ name, crc }: Placed): ArrayBuffer {
  return new Writer(30)
    .u32(0x04034b50)
    .u16(VERSION_ZIP64, FLAGS, 0, 0, DATE)
    .u32(crc, IN_ZIP64, IN_ZIP64)
    .u16(name.length, EXTRA_LOCAL_BYTES).bytes
}

function localExtra({ sizeBytes }: Placed): ArrayBuffer {
  return new Writer(EXTRA_LOCAL_BYTES).u16(1, EXTRA_LOCAL_BYTES - 4).u64(sizeBytes, sizeBytes).bytes
}

function centralHead({ name, crc }: Placed): ArrayBuffer {
  return new Writer(46)
    .u32(0x02014b50)
    .u16(VERSION_ZIP64, VERSION_ZIP64, FLAGS, 0, 0, DATE)
    .u32(crc, IN_ZIP64, IN_ZIP64)
    .u16(name.length, EXTRA_CENTRAL_BYTES, 0, 0, 0)
    .u32(0, IN_ZIP64).bytes
}

function centralExtra({ sizeBytes, offset }: Placed): ArrayBuffer {
  return new Writer(EXTRA_CENTRAL_BYTES).u16(1, EXTRA_CENTRAL_BYTES - 4).u64(sizeBytes, sizeBytes, offset)
    .bytes
}

/** The end of the directory, in both forms and with what leads from one to the other. */
function end(count: number, directoryBytes: number, offset: number): ArrayBuffer {
  return new Writer(56 + 20 + 22)
    .u32(0x06064b50)
    .u64(44)
    .u16(VERSION_ZIP64, VERSION_ZIP64)
    .u32(0, 0)
    .u64(count, count, directoryBytes, offset)
    .u32(0x07064b50, 0)
    .u64(offset + directoryBytes)
    .u32(1)
    .u32(0x06054b50)
    .u16(0, 0, 0xffff, 0xffff)
    .u32(IN_ZIP64, IN_ZIP64)
    .u16(0).bytes
}
