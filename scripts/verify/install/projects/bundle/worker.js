import { SharedMap } from 'shardmap'

SharedMap.open('hits').increment('worker', 7)
