/** The emoji of the picker, with their names in English and Chinese (`emoji English words|中文`). */
import { language } from '../i18n/i18n.svelte'

/** The emoji and its name in the current language. */
export type Emoji = readonly [emoji: string, name: string]

const SOURCE: Record<string, string> = {
  faces: `
😀 grinning face|笑脸
😃 happy face|开心
😄 laughing eyes|眉开眼笑
😁 beaming|嘻嘻
😆 squinting laugh|大笑
😅 sweat smile|苦笑
🤣 rolling on the floor|笑翻
😂 tears of joy|笑哭
🙂 slight smile|微笑
🙃 upside down|倒脸
😉 wink|眨眼
😊 blush|害羞
😇 angel|天使
🥰 in love|喜爱
😍 heart eyes|花痴
🤩 star struck|星星眼
😘 kiss|飞吻
😋 yummy|好吃
😛 tongue|吐舌
😜 crazy tongue|调皮
🤗 hug|拥抱
🤭 giggle|偷笑
🤫 hush|嘘
🤔 thinking|思考
🤐 zipper mouth|闭嘴
😐 neutral|无语
😏 smirk|得意
😒 unamused|不高兴
🙄 eye roll|白眼
😬 grimace|尴尬
😌 relieved|安心
😔 sad thoughtful|失落
😴 sleeping|睡觉
😷 mask|口罩
🤒 ill fever|发烧
🤧 sneeze|打喷嚏
🥵 hot|好热
🥶 cold|好冷
🤯 mind blown|震惊
🥳 party|庆祝
😎 cool sunglasses|酷
🤓 nerd|书呆子
🧐 monocle|端详
😕 confused|困惑
😟 worried|担心
😮 surprised|惊讶
😳 flushed|脸红
🥺 pleading|可怜
😢 crying|流泪
😭 sobbing|大哭
😱 scream|恐惧
😤 huffing|生气
😡 angry|愤怒
🤬 swearing|骂人
💀 skull|骷髅
🤡 clown|小丑
👻 ghost|幽灵
🤖 robot|机器人`,
  hands: `
👍 thumbs up good yes|赞 好
👎 thumbs down no|踩 不好
👌 ok|好的
✌️ victory peace|胜利
🤞 fingers crossed luck|祈祷好运
🤝 handshake|握手
👏 clap applause|鼓掌
🙏 thanks please pray|谢谢 拜托
👋 wave hello bye|挥手 再见
💪 strong muscle|加油 强
🫶 heart hands|比心
🤙 call me|打电话
👉 point right|右指
👈 point left|左指
👆 point up|上指
👇 point down|下指
✊ fist|拳头
👊 punch|出拳
🙌 raised hands hooray|举手欢呼
🤷 shrug|耸肩
🤦 facepalm|捂脸
🙋 raising hand|举手
💃 dance|跳舞
🏃 run|跑`,
  hearts: `
❤️ red heart love|红心 爱
🧡 orange heart|橙心
💛 yellow heart|黄心
💚 green heart|绿心
💙 blue heart|蓝心
💜 purple heart|紫心
🖤 black heart|黑心
💔 broken heart|心碎
💖 sparkling heart|闪心
💯 hundred|满分
💢 anger|怒
💥 boom|爆炸
💦 sweat drops|汗
💤 sleep zzz|睡
✨ sparkles|闪亮
⭐ star|星
🔥 fire|火
🎉 party popper congratulations|恭喜 庆祝
🎊 confetti|彩球
🎁 gift present|礼物
🎂 birthday cake|生日蛋糕
🧧 red envelope|红包
🏮 red lantern|灯笼
🧨 firecracker|鞭炮
🎈 balloon|气球
🏆 trophy|奖杯
✅ check done|完成
❌ cross no|错
❓ question|问号
❗ exclamation|感叹号`,
  nature: `
🐶 dog|狗
🐱 cat|猫
🐭 mouse|老鼠
🐰 rabbit|兔子
🦊 fox|狐狸
🐻 bear|熊
🐼 panda|熊猫
🐯 tiger|老虎
🦁 lion|狮子
🐮 cow|牛
🐷 pig|猪
🐸 frog|青蛙
🐵 monkey|猴子
🐔 chicken|鸡
🐧 penguin|企鹅
🐦 bird|鸟
🐴 horse|马
🐑 sheep|羊
🐍 snake|蛇
🐉 dragon|龙
🐟 fish|鱼
🐝 bee|蜜蜂
🦋 butterfly|蝴蝶
🌸 blossom|樱花
🌹 rose|玫瑰
🌻 sunflower|向日葵
🍀 clover luck|四叶草
🌲 tree|树
🍁 maple leaf autumn|枫叶
☀️ sun|太阳
🌙 moon|月亮
☁️ cloud|云
🌧️ rain|雨
❄️ snow|雪
🌈 rainbow|彩虹
🌊 wave sea|海浪`,
  food: `
🍎 apple|苹果
🍊 orange|橘子
🍉 watermelon|西瓜
🍓 strawberry|草莓
🍑 peach|桃子
🍜 noodles|面条
🍚 rice|米饭
🥟 dumpling|饺子
🥢 chopsticks|筷子
🍲 hot pot stew|火锅
🍗 chicken leg|鸡腿
🍔 hamburger|汉堡
🍕 pizza|披萨
🍞 bread|面包
🥚 egg|鸡蛋
🍰 cake|蛋糕
🍦 ice cream|冰淇淋
🍪 cookie|饼干
🥮 moon cake|月饼
☕ coffee|咖啡
🍵 tea|茶
🧋 bubble tea|奶茶
🍺 beer|啤酒
🥂 cheers|干杯`,
  things: `
🏠 house home|家
🏫 school|学校
🏥 hospital|医院
🚗 car|汽车
🚌 bus|公交
🚇 metro|地铁
🚲 bicycle|自行车
✈️ plane|飞机
🚄 train|高铁
🚀 rocket|火箭
⏰ alarm clock|闹钟
📱 phone|手机
💻 computer|电脑
📷 camera|相机
🎧 headphones|耳机
🎵 music|音乐
🎮 game|游戏
⚽ football|足球
🏀 basketball|篮球
🏓 table tennis|乒乓球
📚 books|书
✏️ pencil|铅笔
📎 paper clip|回形针
📅 calendar|日历
💡 idea light|灯泡 主意
🔑 key|钥匙
🔒 lock|锁
💰 money|钱
🛒 shopping|购物
🚪 door|门`,
}

interface Entry {
  emoji: string
  en: string
  zh: string
}

const sections = Object.entries(SOURCE).map(([name, lines]) => ({
  name,
  entries: lines.trim().split('\n').map(entry),
}))
const all = sections.flatMap(({ entries }) => entries)

function entry(line: string): Entry {
  const space = line.indexOf(' ')
  const [en = '', zh = ''] = line.slice(space + 1).split('|')
  return { emoji: line.slice(0, space), en, zh }
}

const inLanguage = ({ emoji, en, zh }: Entry): Emoji => [emoji, language() === 'zh' ? zh : en]

export const groups = sections.map(({ name, entries }) => ({
  name,
  get emoji(): Emoji[] {
    return entries.map(inLanguage)
  },
}))

export function named(emoji: string): Emoji {
  const known = all.find((candidate) => candidate.emoji === emoji)
  return known ? inLanguage(known) : [emoji, emoji]
}

/** By parts of the names in either language, whichever one is used now. */
export function search(query: string): Emoji[] {
  const wanted = query.trim().toLowerCase()
  return all
    .filter(({ emoji, en, zh }) => emoji === wanted || en.includes(wanted) || zh.includes(wanted))
    .map(inLanguage)
}
