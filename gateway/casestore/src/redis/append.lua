#!lua
-- Appends a row to a case, with its due time, live row and outbox rows. Each key that is written is touched first; the
-- log needs no touch, for it is written first.
-- KEYS heads log due live-ids live outbox
-- ARGV case prev prev_rows new row due_in|'' live?1:0 live outbox...
local heads = redis.call('HMGET', KEYS[1], ARGV[1], 'clock')
local head, offset = heads[1], heads[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
if not head then
  return { 'gone' }
end
if head ~= ARGV[2] then
  return { 'moved', redis.call('LLEN', KEYS[2]), now, redis.call('LRANGE', KEYS[2], ARGV[3], -1) }
end
redis.call('ZCARD', KEYS[3])
local was_live = redis.call('HEXISTS', KEYS[5], ARGV[1]) == 1
local turns = was_live ~= (ARGV[7] == '1')
if turns then
  redis.call('ZCARD', KEYS[4])
end
if #ARGV > 8 then
  redis.call('LLEN', KEYS[6])
end
local rows = redis.call('RPUSH', KEYS[2], ARGV[5])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
if ARGV[6] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('ZADD', KEYS[3], now + ARGV[6], ARGV[1])
end
if ARGV[7] == '1' then
  redis.call('HSET', KEYS[5], ARGV[1], ARGV[8])
elseif was_live then
  redis.call('HDEL', KEYS[5], ARGV[1])
end
if turns and was_live then
  redis.call('ZREM', KEYS[4], ARGV[1])
elseif turns then
  redis.call('ZADD', KEYS[4], 0, ARGV[1])
end
for i = 9, #ARGV do
  redis.call('RPUSH', KEYS[6], ARGV[i])
end
redis.call('SPUBLISH', string.sub(KEYS[1], 1, -6) .. 'moved', ARGV[1] .. ':' .. rows)
return { 'done', rows, now }
