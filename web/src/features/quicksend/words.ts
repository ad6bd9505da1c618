/**
 * The words of codes, 256 a language. Their places are part of the protocol, and the same as in
 * `hutong/protocols/quicksend/words.py`: `schema/vectors/quicksend.json` has their digests.
 */
const split = (text: string): readonly string[] => text.trim().split(/\s+/)

export const ENGLISH = split(`
acorn actor album almond amber anchor angel apple apron arrow artist atlas autumn badge bagel bakery
balloon bamboo banjo barrel basket beacon beetle bicycle blanket blossom border bottle bracelet
bridge bronze bucket butter button cabin cactus camel canal candle canyon carbon carpet castle cello
cement cereal chalk cherry chimney cinema circus clover cobalt coffee comet compass copper coral
cotton cousin crater crayon cricket crystal curtain cushion cyclone daisy dancer desert diamond
dinner doctor dolphin dragon drawer drummer eagle earth echo elbow elephant emerald engine eraser
evening fabric falcon farmer feather ferry fiddle finger flamingo flute forest fossil fountain
galaxy garden garlic giraffe glacier goblet granite grape guitar hammer harbor harvest helmet hermit
hockey honey horizon hamster igloo indigo insect island ivory jacket jaguar jasmine jelly jigsaw
jungle juniper kangaroo kayak kernel ketchup kettle kitchen kiwi ladder lagoon lantern lavender
lemon leopard library lilac lizard lobster lotus lumber magnet mango maple marble meadow melody
mirror monkey mosaic monsoon muffin museum napkin nectar needle nickel noodle north nutmeg oasis
ocean octopus olive onion orange orbit orchid otter oyster paddle palace panda papaya parrot peanut
pebble pelican pencil pepper piano picnic pigeon pillow planet pocket pottery prairie puzzle pyramid
quartz quilt rabbit radish rainbow ribbon river robot raisin rooster sailor saxophone sandal satin
scarf school shadow silver sister sketch spider spinach spoon squirrel statue summer sunset swan
tadpole teapot temple thunder ticket tiger tomato tortoise trumpet tulip turkey umbrella uncle
valley vanilla velvet village violin volcano waffle walnut whale walrus window winter waterfall
yogurt zebra zephyr zigzag pumpkin sunflower
`)

export const CHINESE = split(`
苹果 香蕉 西瓜 葡萄 草莓 樱桃 芒果 柠檬 菠萝 石榴 核桃 花生 黄瓜 番茄 土豆 萝卜
白菜 蘑菇 玉米 南瓜 辣椒 豆腐 馒头 饺子 面条 米饭 包子 烧饼 月饼 粽子 汤圆 火锅
牛奶 咖啡 绿茶 蜂蜜 酱油 砂糖 鸡蛋 羊肉 老虎 狮子 大象 熊猫 猴子 兔子 松鼠 狐狸
骆驼 豹子 斑马 袋鼠 刺猬 乌龟 青蛙 蜻蜓 蝴蝶 蜜蜂 蚂蚁 蜘蛛 蜗牛 麻雀 燕子 鸽子
孔雀 天鹅 鹦鹉 企鹅 海豚 鲸鱼 螃蟹 龙虾 章鱼 金鱼 贝壳 珊瑚 太阳 月亮 星星 彩虹
白云 闪电 雷声 雪花 台风 露水 春天 夏天 秋天 冬天 早晨 黄昏 高山 大海 河流 湖泊
沙漠 草原 森林 瀑布 岛屿 火山 冰川 峡谷 田野 花园 牡丹 荷花 菊花 梅花 玫瑰 兰花
茉莉 葵花 竹子 松树 柳树 枫叶 仙鹤 种子 北京 上海 广州 西安 成都 杭州 苏州 拉萨
长城 故宫 胡同 钟楼 宝塔 石桥 码头 灯塔 城墙 庭院 茶馆 书店 学校 医院 银行 邮局
车站 机场 剧院 工厂 厨房 客厅 阳台 楼梯 窗户 屋顶 桌子 椅子 沙发 台灯 镜子 地毯
枕头 毛巾 肥皂 牙刷 梳子 剪刀 钥匙 雨伞 眼镜 手表 帽子 围巾 手套 皮鞋 衬衫 裙子
毛衣 口袋 背包 钱包 铅笔 毛笔 墨水 橡皮 书包 日记 字典 地图 信封 邮票 报纸 相册
钢琴 吉他 二胡 笛子 琵琶 古筝 喇叭 大鼓 象棋 围棋 风筝 陀螺 气球 积木 拼图 灯笼
足球 篮球 排球 乒乓 羽毛 游泳 滑冰 跳绳 飞机 火车 汽车 轮船 地铁 公交 单车 马车
电话 电脑 相机 冰箱 空调 风扇 闹钟 电视 锤子 钉子 斧头 锯子 螺丝 梯子 水桶 扫帚
医生 老师 警察 农民 厨师 司机 画家 歌手 爷爷 奶奶 叔叔 阿姨 石头 木头 黄金 白银
`)
