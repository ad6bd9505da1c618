import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'voices.record': 'Record a voice message',
    'voices.recording': 'Recording',
    'voices.send': 'Send the voice message',
    'voices.slide': '‹ Slide to cancel',
    'voices.cancels': 'Let go to cancel',
    'voices.short': 'Hold longer, or press once to record.',
    'voices.refused': 'The microphone is not there, or the browser does not allow it.',
    'voices.play': 'Play voice message, {time}',
    'voices.pause': 'Pause',
    'voices.place': 'Place in the voice message',
    'voices.speed': 'Speed {speed}',
    'voices.silk': 'Save as SILK (WeChat)',
  },
  zh: {
    'voices.record': '录制语音消息',
    'voices.recording': '正在录音',
    'voices.send': '发送语音消息',
    'voices.slide': '‹ 左滑取消',
    'voices.cancels': '松开取消',
    'voices.short': '按住时间太短；也可以点一下开始录音。',
    'voices.refused': '没有麦克风，或浏览器不允许使用。',
    'voices.play': '播放语音消息，{time}',
    'voices.pause': '暂停',
    'voices.place': '播放位置',
    'voices.speed': '倍速 {speed}',
    'voices.silk': '另存为 SILK（微信）',
  },
}
