// Package sample gives data to look at and to test with: two counties (Counties) and synthetic networks of any size.
//
// The counties are 九原区 (包头市, 内蒙古自治区) and 清镇市 (贵阳市, 贵州省). Their figures are those of the published work
// summaries S-1b and S-6. What the summaries do not give is invented and says so: geometry is drawn by hand from what is
// generally known of where these rivers run and meandered by noise, so it is good for looking at and bad for measuring;
// every person and phone number is made up and named 示例; no real official is named. Whoever shows or exports this data
// shows [Notice] with it.
package sample

// Notice is what every page, picture and file that shows the counties says.
const Notice = "示例数据：河流线形与行政区界为示意，不可量测；人员、电话、监测数值均为虚构。"
