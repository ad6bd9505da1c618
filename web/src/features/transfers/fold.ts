/** Rows of the conversation from the two events of a transfer. Pure. */
import { eventFold, type EventFold } from '../../model/feature'
import {
  Result,
  TransferEndedSchema,
  TransferOfferedSchema,
  type TransferOffered,
} from '../../schema/transfers_pb'
import { pathFromWire } from '../peers/api'
import type { Transfer, TransferResult } from './types'

const RESULTS: Readonly<Record<Result, TransferResult>> = {
  [Result.UNSPECIFIED]: '',
  [Result.DELIVERED]: 'delivered',
  [Result.STORED]: 'stored',
  [Result.DECLINED]: 'declined',
  [Result.CANCELLED]: 'cancelled',
  [Result.EXPIRED]: 'expired',
}

export function resultFromWire(result: Result): TransferResult {
  return (RESULTS as Partial<Record<number, TransferResult>>)[result] ?? ''
}

/** How an offer stands when it is made. */
export function offered(body: TransferOffered): Transfer {
  const { transfer, name, mediaType, files, senderDevice } = body
  const sizeBytes = Number(body.sizeBytes)
  return {
    transfer,
    name,
    sizeBytes,
    mediaType,
    files,
    senderDevice,
    result: '',
    path: 'unknown',
    blob: '',
  }
}

export const folds: readonly EventFold[] = [
  eventFold(TransferOfferedSchema, (timeline, _event, body) => timeline.addRow(offered(body))),
  eventFold(TransferEndedSchema, (timeline, _event, body) => {
    const row = timeline.findRow((data) => (data as Transfer).transfer === body.transfer)
    if (row?.body.kind !== 'feature') return
    const transfer = row.body.data as Transfer
    const { blob } = body
    timeline.setData(row.seq, {
      ...transfer,
      result: resultFromWire(body.result),
      path: pathFromWire(body.path),
      blob,
    })
  }),
]
