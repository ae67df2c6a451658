#!lua
-- Cases of one partition that are due, the longest due first, each leased.
-- KEYS heads due   ARGV limit lease
local offset = redis.call('HGET', KEYS[1], 'clock')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
local due = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1], 'WITHSCORES')
for i = 1, #due, 2 do
  redis.call('ZADD', KEYS[2], 'XX', now + ARGV[2], due[i])
end
return { 'due', now + ARGV[2], due }
